"""Past boards of many leads: in seconds, whatever the planner believes of an account."""

from datetime import timedelta

import pytest

from sales import database, ranks
from sales.boards.diff import diff
from sales.boards.past import as_of
from sales.viewers import Viewer
from tests.conftest import Figures
from tests.factories import an_account, steps_of

LEADS = 10_000

_MANY = """
with made as (
  insert into journal (account_id, position, kind, at, happened_at, actor, actor_id, subject_id, lead_id, lead_version,
    owner_id, changes, private, data)
  select l.account_id, h.position + (n - 1) * $2 + l.number, k.kind, now(), now(), 'USER', $3, l.id, l.id, n,
    l.owner_id,
    case when n = 1 then (
        select jsonb_object_agg(c.key, jsonb_build_array(null, c.value)) from jsonb_each(to_jsonb(l)) c
        where c.key not in ('title', 'description') and c.value <> 'null')
      else jsonb_build_object('version', jsonb_build_array(n - 1, n),
        'step_id', jsonb_build_array(l.step_id, l.step_id), 'rank', jsonb_build_array(l.rank, l.rank)) end,
    case when n = 1 then jsonb_build_object('title', jsonb_build_array(null, l.title)) else '{}' end, '{}'
  from leads l join journal_heads h on h.account_id = l.account_id
  cross join unnest(array['lead.created', 'lead.moved', 'lead.starred', 'lead.moved', 'lead.edited'])
    with ordinality as k(kind, n)
  where l.account_id = $1
  returning 1)
select count(*) as events from made
"""

_LEADS = """
insert into leads (id, account_id, number, version, title, description, is_starred, status, status_changed_at,
  step_id, step_entered_at, rank, owner_id, created_by_id, created_at)
select uuidv7(), $1, n, 1, 'Lead ' || n, '', false, 'TODO', now(), ($4::uuid[])[1 + n % 5], now(), rank, $2, $2, now()
from unnest($3::text[]) with ordinality as r(rank, n) returning 1
"""


async def _many_leads(by: Viewer, count: int) -> int:
    """Open leads of five events each; returns how many events."""
    ids = [step.id for step in await steps_of(by)]
    await database.fetch(_LEADS, by.account.id, by.user.id, ranks.spread(count), ids)
    [made] = await database.fetch(_MANY, by.account.id, count, by.user.id)
    events: int = made["events"]
    return events


@pytest.mark.parametrize("known", ["its rows", "other accounts alone"])
async def test_ten_thousand_leads_of_five_events_each(ada: Viewer, figures: Figures, known: str) -> None:
    """Of which the planner knows its rows, or what holds of many accounts that are small."""
    if known == "other accounts alone":
        for _ in range(400):
            await _many_leads(await an_account(), 1)
        await database.fetch("analyze leads, journal")
    events = await _many_leads(ada, LEADS)
    if known == "its rows":
        await database.fetch("analyze leads, journal")
    pipeline = (await steps_of(ada))[0].pipeline_id
    now = await database.now()

    began = await database.fetch("select clock_timestamp() as at")
    columns = await as_of(pipeline, now, by=ada, first=25)
    between = await database.fetch("select clock_timestamp() as at")
    changes = await diff(pipeline, now - timedelta(hours=1), now, by=ada)
    ended = await database.fetch("select clock_timestamp() as at")

    assert sum(column.count for column in columns) == sum(c.at_end.count for c in changes) == LEADS
    board_took, diff_took = between[0]["at"] - began[0]["at"], ended[0]["at"] - between[0]["at"]
    figures(
        f"{LEADS:,} open leads with {events:,} events, {known} known: a past board in "
        f"{board_took.total_seconds():.2f} s, a diff in {diff_took.total_seconds():.2f} s"
    )
    assert max(board_took, diff_took) < timedelta(seconds=10)
