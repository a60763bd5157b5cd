"""Indexes: what lists read of a large account is no more than what they show."""

from datetime import timedelta
from typing import Any

import orjson
from graphql import get_operation_ast, parse

from reads import Run
from sales import database
from sales.viewers import Viewer
from schema.asked import Asked
from schema.pages import sizing_variables
from schema.schema import graphql_schema
from tests.sales.many import many_standbys

PAGE = 25


async def test_a_page_of_the_morning_list_reads_no_more_leads_than_it_shows(ada: Viewer) -> None:
    async with database.transaction() as transaction:
        await many_standbys(ada, 2_500, first_in=timedelta(days=2))
        await database.fetch(
            "update leads set status = 'TODO', waking_reminder_id = null where account_id = $1 returning id",
            ada.account.id,
        )
        await database.fetch("analyze leads")

        plan = await explained("{ todo { nodes { moment lead { title } } pageInfo { hasNextPage } } }", ada)

        await transaction.rollback()
    assert rows_read(plan, "leads") <= PAGE + 1


async def test_a_text_is_looked_up_by_its_letters_in_one_account(ada: Viewer) -> None:
    async with database.transaction() as transaction:
        await many_standbys(ada, 3_000, first_in=timedelta(days=1))
        await database.fetch("analyze lead_texts")
        await database.fetch("analyze leads")

        plan = await explained('{ leads(filter: { text: "Lead 2718" }) { nodes { id } } }', ada)

        await transaction.rollback()
    assert "lead_texts_letters" in orjson.dumps(plan).decode()


async def test_a_column_of_the_board_reads_its_open_leads_alone(ada: Viewer) -> None:
    async with database.transaction() as transaction:
        await many_standbys(ada, 2_500, first_in=timedelta(days=2))
        await database.fetch(_MOST_ARE_LOST, ada.account.id)
        await database.fetch("analyze leads")

        plan = await explained("{ pipeline { board(first: 25) { columns { leads { nodes { title } } } } } }", ada)

        await transaction.rollback()
    assert "leads_board" in orjson.dumps(plan).decode()
    assert rows_read(plan, "leads") <= 2 * (PAGE + 1)


_MOST_ARE_LOST = """
update leads set status = 'LOST', closed_at = now(), waking_reminder_id = null
where account_id = $1 and number % 4 <> 0 returning id
"""


async def explained(text: str, by: Viewer) -> dict[str, Any]:
    """How PostgreSQL answers a query."""
    document = parse(text)
    operation = get_operation_ast(document)
    assert operation is not None
    asked = Asked(graphql_schema, text, document, operation, {}, sizing_variables(document))
    plan = asked.question(by).compile(operation)
    [row] = await database.fetch(f"explain (analyze, format json) {plan.sql}", *plan.bind(Run(asked.shape.late, by)))
    found = row["QUERY PLAN"]
    tree: dict[str, Any] = (orjson.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return tree


def rows_read(node: dict[str, Any], table: str) -> int:
    own = 0
    if node.get("Relation Name") == table:
        own = (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
    return int(own) + sum(rows_read(child, table) for child in node.get("Plans", []))


async def test_a_trail_reads_what_it_tells_however_much_there_is_beside_it(ada: Viewer) -> None:
    async with database.transaction() as transaction:
        await many_standbys(ada, 2_000, first_in=timedelta(days=2))
        await database.fetch(_ALL_ARE_TOLD, ada.account.id, ada.user.id)
        await database.fetch(_BY_EMAIL, ada.account.id)
        await database.fetch(_ALL_ARE_WRITTEN, ada.account.id, ada.user.id)
        for table in ("reminders", "notifications", "deliveries", "journal"):
            await database.fetch(f"analyze {table}")
        [one] = await database.fetch("select id from reminders where account_id = $1 limit 1", ada.account.id)

        plan = await explained(_TRAIL % one["id"], ada)

        await transaction.rollback()
    for table in ("notifications", "deliveries", "journal"):
        assert rows_read(plan, table) <= 40, table


_ALL_ARE_WRITTEN = """
insert into journal (account_id, position, kind, at, happened_at, actor, actor_id, subject_id, lead_id, lead_version,
  owner_id, changes, private, data)
select $1, 1000 + row_number() over (order by r.id), 'reminder.set', now(), now(), 'USER', $2, r.id, r.lead_id, 1, $2,
  '{}', '{}', '{}'
from reminders r where r.account_id = $1 returning 1
"""

_ALL_ARE_TOLD = """
insert into notifications (id, account_id, user_id, kind, position, lead_id, reminder_id, dedupe_key, in_app,
  created_at, visible_at)
select uuidv7(), $1, $2, 'REMINDER_DUE', 1, r.lead_id, r.id, r.id::text, true, now(), now()
from reminders r where r.account_id = $1 returning 1
"""

_BY_EMAIL = """
insert into deliveries (id, account_id, notification_id, user_id, channel, position, lead_id, state, attempt, ambiguous,
  next_at, created_at, done_at)
select uuidv7(), n.account_id, n.id, n.user_id, 'EMAIL', n.position, n.lead_id, 'SENT', 1, 0, now(), now(), now()
from notifications n where n.account_id = $1 returning 1
"""

_TRAIL = '{ node(id: "reminder_%s") { ... on Reminder { trail { text } whyNotDelivered { text } } } }'
