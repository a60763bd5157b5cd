"""Reads: how many statements they take, and that nothing is left unread."""

from decimal import Decimal
from typing import Any

from graphql import GraphQLObjectType

from reads.declarations import is_declared
from sales.leads import Status
from sales.leads.create import Standing
from sales.money import Money
from sales.notifications import Notification, NotificationKind
from sales.reminders.decisions import set_reminder
from sales.viewers import Viewer
from schema.schema import graphql_schema
from tests.api import Client, counted_statements
from tests.factories import SOON, a_lead, a_user, events, last_event
from tests.turning import AN_INSTANT

EVERYTHING = """
fragment Everything on Lead {
  id number title probability dueAt isOverdue daysLate allowedStatuses mayEdit amount { amount currency }
  step { name pipeline { name steps { name } } } pipeline { name } owner { name } createdBy { name } reason { label }
  reminders { activity user { name } createdBy { name } lead { title } isLate } nextReminder { dueAt }
  history(last: 3) {
    totalCount pageInfo { hasNextPage hasPreviousPage }
    nodes { kind text actor { name } changes { field from to fromLabel toLabel } lead { title } }
  }
}
query {
  leads(first: 50) { totalCount pageInfo { hasNextPage } nodes { ...Everything } }
  todo(first: 50) { totalCount nodes { moment isLate lead { ...Everything } } }
  reminders(first: 50) { totalCount nodes { lead { ...Everything } user { name } } }
  notifications(first: 50) { unreadCount nodes { text lead { ...Everything } event { text } reminder { dueAt } } }
  statuses { leadCount sums { amount } }
  pipelines { steps { name pipeline { name } } }
}
"""


async def test_no_number_of_statements_grows_with_the_number_of_rows(ada: Viewer, client: Client) -> None:
    await somebody_at_work(ada, 1)
    one = await statements_of(client)
    await somebody_at_work(ada, 49)

    fifty = await statements_of(client)

    answer = await client.ask(EVERYTHING)
    assert [len(answer[name]["nodes"]) for name in ("leads", "todo", "reminders", "notifications")] == [50, 50, 50, 50]
    # The lists load side by side, so a batch may be cut in two; one statement a row would be 49 more.
    assert len(fifty) <= len(one) + 10
    assert len(fifty) < 50


async def test_the_total_is_counted_only_where_it_is_asked_for(ada: Viewer, client: Client) -> None:
    await a_lead(ada)

    with counted_statements() as statements:
        await client.ask("{ leads { nodes { id } } }")

    assert not any("count(" in statement.lower() for statement in statements)


async def statements_of(client: Client) -> list[str]:
    with counted_statements() as statements:
        await client.ask(EVERYTHING)
    return statements


async def somebody_at_work(ada: Viewer, leads: int) -> None:
    """Leads with everything, each owned by somebody else than the one before in the eyes of who made them."""
    for n in range(leads):
        # Until a moment that has come when anybody looks: whatever the time of day, all are in the morning list.
        standing = Standing(status=Status.STANDBY, until=AN_INSTANT) if n % 2 else Standing()
        maker = await a_user(ada) if n % 10 == 0 else ada
        lead = await a_lead(maker, owner=ada, standing=standing, money=Money(Decimal(n), "EUR"))
        await set_reminder(lead.id, by=ada, at=SOON, activity="Call")
        event = await last_event(ada)
        await Notification.create(
            account_id=ada.account.id, user_id=ada.user.id, kind=NotificationKind.LEAD_ASSIGNED,
            position=event.position, lead_id=lead.id, dedupe_key=f"{event.position}", created_at=event.at,
            visible_at=event.at,
        )  # fmt: skip
    assert await events(ada)


def test_a_field_that_no_plan_reads_is_worked_out_by_somebody() -> None:
    """A function without a body is the signature of a declared field; without a declaration it would answer null."""
    forgotten = [
        f"{kind.name}.{name}"
        for kind in graphql_schema.type_map.values()
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__")
        for name, field in kind.fields.items()
        if not is_declared(field) and _is_a_signature(field)
    ]

    assert forgotten == []


def _is_a_signature(field: Any) -> bool:
    resolver = field.extensions["strawberry-definition"].base_resolver
    return resolver is not None and resolver.wrapped_func.__code__.co_code == (lambda: None).__code__.co_code
