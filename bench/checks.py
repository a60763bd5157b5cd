"""Before anything is measured: does every side answer an operation, and all of them the same?"""

from typing import Any, Final

import asyncpg

from bench import answers
from bench.sides import OPERATIONS, Side
from bench.worlds import Asker, World

SAMPLES: Final = 8
_BEFORE: Final = "select version, step_id, rank, step_entered_at from leads where id = $1"
_AFTER: Final = """
select e.kind, e.lead_version - l.version as version, e.owner_id = l.owner_id as owner, e.actor, e.actor_id,
  array(select jsonb_object_keys(e.changes) order by 1) as changes, e.private, e.data, h.position - e.position as last,
  l.rank = (select max(rank) from leads o where o.account_id = l.account_id and o.step_id = l.step_id) as at_end
from journal_heads h join journal e on e.account_id = h.account_id and e.position = h.position
join leads l on l.id = e.lead_id where h.account_id = $1
"""

Served = dict[tuple[str, str, str], str]
"""By side, operation and asker: "equal", "differs: ..." or "not served: ..."."""


async def check(world: World, sides: list[Side]) -> Served:
    """What became of each; the first side is what the others are compared with."""
    served: Served = {}
    connection = await asyncpg.connect(world.url)
    try:
        for asker in world.askers:
            for operation in OPERATIONS:
                found = [await _answers(side, operation, asker, connection) for side in sides]
                for side, given in zip(sides, found, strict=True):
                    served[side.name, operation, asker.name] = _verdict(found[0], given)
    finally:
        await connection.close()
    return served


def _verdict(expected: Any, given: Any) -> str:
    if isinstance(given, str):
        return f"not served: {given}"
    if isinstance(expected, str):
        return "equal to nothing: the limit doesn't serve it"
    difference = answers.difference(expected, given)
    return f"differs: {difference}" if difference else "equal"


async def _answers(side: Side, operation: str, asker: Asker, connection: Any) -> list[Any] | str:
    requests = side.requests(operation, asker)
    step = max(1, len(requests) // SAMPLES)
    try:
        if operation == "move":
            return await _moves(side, requests[:: step + 1], asker, connection)
        return [await answers.ask(side, asked) for asked in requests[::step]]
    except answers.NotServed as refusal:
        return str(refusal)


async def _moves(side: Side, requests: list[bytes], asker: Asker, connection: Any) -> list[Any]:
    """The answers, and what each move wrote; afterwards the leads are put back, so that every side moves the same."""
    before = {id: await connection.fetchrow(_BEFORE, id) for id in asker.movable_ids}
    found = []
    try:
        for asked in requests:
            answer = await answers.ask(side, asked)
            found.append((answer, dict(await connection.fetchrow(_AFTER, asker.account_id))))
    finally:
        async with connection.transaction():
            # A lead may have taken the rank that another one left.
            await connection.execute("set constraints leads_rank deferred")
            for id, row in before.items():
                sql = "update leads set version = $2, step_id = $3, rank = $4, step_entered_at = $5 where id = $1"
                await connection.execute(sql, id, *row)
    return found
