"""A lead's place in its column as it was, or the nearest one."""

from typing import Final

import orjson

from sales import database, ranks
from sales.journal import Event
from sales.journal.drafts import Draft
from sales.leads import Lead
from sales.leads.moves import Place, rank_at
from sales.steps import Step

# The conditions are those of the index journal_steps.
_SPREAD_SINCE: Final = """
select changes -> 'leads' as leads from journal
where account_id = $1 and position > $2 and lead_id is null and (kind like 'step.%' or changes ? 'steps')
  and kind = 'step.rebalanced' and subject_id = $3 order by position
"""

_TAKEN: Final = """
select (select min(x.rank) from leads x where x.account_id = $1 and x.step_id = $2 and x.rank > l.rank and x.id <> $4)
  as beyond
from leads l where l.account_id = $1 and l.step_id = $2 and l.rank = $3 and l.id <> $4
"""

_TOUCHED: Final = """
select from journal where account_id = $1 and lead_id = $2 and position > $3 and subject_id = lead_id
  and changes ?| array['rank', 'step_id'] limit 1
"""


# A lead may have the same rank in both steps; then the event is silent on it, and whatever changed it next is not.
_UNCHANGED: Final = """
select rank from (
  select position, changes #>> '{rank,0}' as rank from journal
  where account_id = $1 and lead_id = $2 and position > $3 and subject_id = lead_id and changes ? 'rank'
  union all
  select position, changes #>> array['leads', ($2::uuid)::text, 'rank', '0'] from journal
  where account_id = $1 and position > $3 and lead_id is null and (kind like 'step.%' or changes ? 'steps')
    and kind = 'step.rebalanced' and changes -> 'leads' ? ($2::uuid)::text) r
order by position limit 1
"""


async def put_in_place(draft: Draft, event: Event, lead: Lead, step: Step) -> None:
    """The rank that it had in a locked step; where somebody is there now, right behind them."""
    rank = await _as_spread_since(event, step, await rank_before(event, lead))
    taken = await database.fetch(_TAKEN, step.account_id, step.id, rank, lead.id)
    if taken:
        rank, rebalanced = await rank_at(step, draft.by, Place(rank, taken[0]["beyond"]), lead.id)
        draft.parts += rebalanced
    draft.change(lead, rank=rank)


async def has_moved_since(event: Event, lead: Lead) -> bool:
    """Whether somebody has given a locked lead another place than the event did."""
    if lead.rank == event.changes_of_lead["rank"][1]:
        return False
    return bool(await database.fetch(_TOUCHED, event.account_id, lead.id, event.position))


async def rank_before(event: Event, lead: Lead) -> str:
    """The rank of a locked lead right before the event."""
    if "rank" in event.changes:
        before: str = event.changes["rank"][0]
        return before
    rows = await database.fetch(_UNCHANGED, event.account_id, lead.id, event.position)
    return rows[0]["rank"] if rows else lead.rank


async def _as_spread_since(event: Event, step: Step, rank: str) -> str:
    """The rank; where all ranks of the step were written anew since the event, one between the same neighbours."""
    for row in await database.fetch(_SPREAD_SINCE, event.account_id, event.position, step.id):
        spread = [change["rank"] for change in orjson.loads(row["leads"] or "{}").values()]
        lower = max((after for before, after in spread if before <= rank), default=None)
        upper = min((after for before, after in spread if before > rank), default=None)
        rank = ranks.between(lower, upper)
    return rank
