"""Changes that people are told of, and what they were told and sent."""

from decimal import Decimal
from typing import Any

from sales import database
from sales.database import Row
from sales.leads.edit import LeadFields, edit
from sales.leads.moves import move
from sales.money import Money
from sales.notifications import Notification
from sales.statuses import close
from sales.viewers import Viewer
from tests.factories import steps_of


async def change(what: str, lead_id: Any, *, by: Viewer) -> None:
    match what:
        case "status":
            await close(lead_id, by=by, status="LOST")  # type: ignore[arg-type]
        case "step":
            await move(lead_id, by=by, step_id=(await steps_of(by))[2].id)
        case "amount":
            await edit(lead_id, by=by, fields=LeadFields(money=Money(Decimal(900), "EUR")))


async def notifications(by: Viewer) -> list[Row]:
    return await Notification.filter(account_id=by.account.id).order_by("position", "user_id").values()


async def told(by: Viewer) -> list[tuple[Any, str]]:
    return [(row["user_id"], str(row["kind"])) for row in await notifications(by)]


async def deliveries_of(by: Viewer) -> list[Row]:
    return await database.fetch("select * from deliveries where account_id = $1 order by id", by.account.id)


async def cursor(by: Viewer) -> int:
    [row] = await database.fetch("select dispatched from dispatch_cursors where account_id = $1", by.account.id)
    dispatched: int = row["dispatched"]
    return dispatched
