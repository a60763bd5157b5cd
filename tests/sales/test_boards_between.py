"""What moved between two moments: what came into each column, went out of it, grew and shrank."""

from decimal import Decimal

from sales import database
from sales.boards.diff import ColumnDiff, Figures
from sales.leads import Status
from sales.leads.create import Standing
from sales.leads.edit import LeadFields, edit
from sales.leads.moves import move
from sales.money import Money
from sales.statuses import close, reopen
from sales.viewers import Viewer
from tests.factories import a_lead, euros, steps_of
from tests.sales.past import moved


async def test_a_lead_worth_nothing_is_worth_nothing_and_not_unknown(ada: Viewer) -> None:
    first, *_ = await steps_of(ada)
    await a_lead(ada, money=euros(0))
    moment = await database.now()

    column = (await moved(ada, moment, await database.now()))[first.name]

    assert column.at_start.sums == column.at_end.sums == [euros(0)]


async def test_a_diff_tells_what_came_in_went_out_grew_and_shrank(ada: Viewer) -> None:
    [_, second, *_] = await steps_of(ada)
    stays, goes, won = [await a_lead(ada, title=name, money=euros(100)) for name in ("stays", "goes", "won")]
    lost, cancelled = await a_lead(ada, money=euros(5)), await a_lead(ada)
    back = await a_lead(ada, standing=Standing(Status.LOST), money=euros(1))
    start = await database.now()
    await edit(stays.id, by=ada, fields=LeadFields(money=euros(130)))
    await edit(stays.id, by=ada, fields=LeadFields(money=euros(110)))
    await move(goes.id, by=ada, step_id=second.id)
    await close(won.id, by=ada, status=Status.WON, money=euros(90))
    await close(lost.id, by=ada, status=Status.LOST)
    await close(cancelled.id, by=ada, status=Status.CANCELLED)
    await reopen(back.id, by=ada)
    await a_lead(ada, money=euros(2))

    columns = await moved(ada, start, await database.now())

    def shown(column: ColumnDiff) -> dict[str, tuple[int, list[Money]]]:
        parts = {name: part for name, part in vars(column).items() if isinstance(part, Figures) and part.count}
        return {name: (part.count, part.sums) for name, part in parts.items()}

    assert shown(columns["To qualify"]) == {
        "at_start": (5, [euros(305)]), "entered": (1, [euros(2)]), "reopened": (1, [euros(1)]),
        "left": (1, [euros(100)]), "won": (1, [euros(90)]), "lost": (1, [euros(5)]), "cancelled": (1, []),
        "up": (1, [euros(30)]), "down": (2, [euros(30)]), "at_end": (3, [euros(113)]),
    }  # fmt: skip
    assert shown(columns["Contacted"]) == {"entered": (1, [euros(100)]), "at_end": (1, [euros(100)])}


async def test_another_currency_is_one_amount_down_and_the_other_up(ada: Viewer) -> None:
    lead = await a_lead(ada, money=euros(10))
    start = await database.now()
    await edit(lead.id, by=ada, fields=LeadFields(money=Money(Decimal(900), "JPY")))

    [column, *_] = (await moved(ada, start, await database.now())).values()

    assert (column.down.sums, column.up.sums) == ([euros(10)], [Money(Decimal(900), "JPY")])
    assert (column.at_start.count, column.entered.count, column.left.count, column.at_end.count) == (1, 0, 0, 1)
