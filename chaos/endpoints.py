"""Scenarios of webhooks alone: an endpoint that is dead or gone beside others, and a secret changed on the way."""

import asyncio
from datetime import datetime
from typing import Final
from uuid import UUID

from chaos import roles
from chaos.receivers import Hook, Manners
from chaos.trials import Trial
from chaos.worlds import until
from sales.deliveries.policies import AT_ONCE, FIRST_PAUSE, JITTER, TRIES_BEFORE_PAUSE

_LEASE: Final = roles.LEASE.total_seconds()
_HEALTHY: Final = 9
_PILED: Final = 5_000
_IN_TIME_SECONDS: Final = 2.0

# Events that nobody else hears of, of leads that are there: the dispatch makes their deliveries.
_PILE: Final = """
with head as (
  update journal_heads set position = position + $2 where account_id = $1 returning position - $2 as position),
leads as (
  select *, row_number() over (order by position) as n, count(*) over () as many
  from journal where account_id = $1 and kind = 'lead.created')
insert into journal (account_id, position, kind, at, happened_at, actor, actor_id, subject_id, lead_id, lead_version,
  owner_id, changes, private, data)
select account_id, head.position + i, 'lead.starred', now(), now(), actor, actor_id, subject_id, lead_id, lead_version,
  owner_id, '{}', '{}', '{}' from head, generate_series(1, $2::int) i join leads on n = i % many + 1
"""

_TOLD_AFTER: Final = """
select extract(epoch from coalesce(d.done_at, now()) - j.at)::float8 as seconds from deliveries d
join journal j on j.account_id = d.account_id and j.position = d.position
where d.endpoint_id = any($1) and j.at > $2
"""

_FIVE_DAYS_LATER: Final = "update endpoints set failing_since = failing_since - interval '5 days' where id = $1"

_OFF: Final = """
select 1 from endpoints e join journal j on j.account_id = e.account_id and j.subject_id = e.id
join notifications n on n.account_id = j.account_id and n.position = j.position
where e.id = $1 and e.disabled_because = $2 and j.kind = 'endpoint.disabled' and n.kind = 'ENDPOINT_DISABLED'
"""


async def change_secrets(trial: Trial) -> None:
    """A secret is changed while messages are on their way; later the other webhook's server is gone for good."""
    somebody = await trial.world.people()
    trial.accounts.append(somebody.account)
    changing, gone = somebody.hooks
    working = asyncio.create_task(somebody.work(20, within=(0.3, trial.seconds)))
    await asyncio.sleep(trial.random.uniform(0.3, 1.0))
    await somebody.rotate(changing)
    await working
    await asyncio.sleep(_LEASE)  # what was on its way is there by now: from here on both secrets sign
    gone.manners = Manners(is_gone=True)
    await somebody.work(5)
    await is_off(trial, gone, "GONE")


async def is_off(trial: Trial, hook: Hook, because: str) -> None:
    """It was switched off, and the account's administrator is told."""

    async def so() -> bool:
        return bool(await trial.world.query(_OFF, hook.endpoint, because))

    await until(so, f"{hook.path} is switched off as {because}, and somebody is told", seconds=15)


async def pile_up(trial: Trial) -> None:
    """Thousands wait for an endpoint that refuses all of them; the others hear of everything in time, and it ends."""
    somebody = await trial.world.people(hears=[(), *[["lead.created"]] * _HEALTHY])
    trial.accounts.append(somebody.account)
    dead, *healthy = somebody.hooks
    dead.manners = Manners(refuses=1.0)
    await somebody.work(12, within=(0.3, trial.seconds))
    await trial.world.query(_PILE, somebody.account, _PILED)

    async def is_piled_up() -> bool:
        [row] = await trial.world.query("select count(*) as n from deliveries where endpoint_id = $1", dead.endpoint)
        return bool(row["n"] >= _PILED)

    await until(is_piled_up, "thousands wait for a dead endpoint")
    [row] = await trial.world.query("select now() as now")
    await somebody.work(8, within=(0.3, trial.seconds))
    await asyncio.sleep(trial.seconds)
    await told_in_time(trial, [hook.endpoint for hook in healthy], row["now"])
    await trial.world.query(_FIVE_DAYS_LATER, dead.endpoint)
    await is_off(trial, dead, "FAILING")
    spared(trial, dead)


async def told_in_time(trial: Trial, endpoints: list[UUID | None], since: datetime) -> None:
    """99 of 100 within two seconds of the event."""
    rows = await trial.world.query(_TOLD_AFTER, endpoints, since)
    late = sorted(row["seconds"] for row in rows)
    if not late or late[int(len(late) * 0.99)] > _IN_TIME_SECONDS:
        words = f"of {len(late)} messages to healthy endpoints the slowest took {max(late, default=0):.1f} s"
        trial.broken.setdefault("I12 bounded", []).append(words)


def spared(trial: Trial, dead: Hook) -> None:
    """Each of its rests is ended by one try; two workers that look at the same instant don't see each other."""
    told = dead.told[TRIES_BEFORE_PAUSE + AT_ONCE * len(trial.world.workers) :]
    least = roles.RESTS[FIRST_PAUSE].total_seconds() * (1 - JITTER)
    for first, *_, next in zip(*(told[n:] for n in range(len(trial.world.workers) + 1)), strict=False):
        if next.at - first.at < least:
            words = f"{dead.path} was tried {len(trial.world.workers) + 1} times in {next.at - first.at:.2f} s"
            trial.broken.setdefault("I12 bounded", []).append(words)
