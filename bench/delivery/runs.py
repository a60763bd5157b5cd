"""What is measured of Relance: the peak, a burst, the idle hours, and the way from a commit to a mailbox."""

import asyncio
import statistics
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import asyncpg
import httpx
import psutil
from redis.asyncio import Redis

from bench.delivery.data import arm
from bench.delivery.fleet import Fleet, until

MINUTE: Final = timedelta(minutes=1)
_LEAD: Final = timedelta(seconds=10)
_SENT_SECONDS: Final = 1_800.0
_IDLE_SECONDS: Final = 10.0
_HINTS: Final = 60

# Late is what lies between the moment and the commit after which people can see it: the lead in TODO, the notification.
_LATE: Final = """
select count(*) as fired, count(n.id) as told,
  percentile_cont(array[0.5, 0.99, 1]) within group (
    order by extract(epoch from pg_xact_commit_timestamp(n.xmin) - r.due_at) * 1000) as late,
  extract(epoch from max(pg_xact_commit_timestamp(n.xmin)) - $1)::float8 as seconds,
  extract(epoch from max(pg_xact_commit_timestamp(r.xmin)) - $1)::float8 as firing_seconds
from reminders r left join notifications n on n.account_id = r.account_id and n.reminder_id = r.id
where r.due_at >= $1 and r.due_at <= $2 and r.state = 'FIRED'
"""

_SENT: Final = """
select count(*) as sent, extract(epoch from max(d.done_at) - min(d.created_at))::float8 as seconds,
  percentile_cont(array[0.5, 0.99, 1]) within group (
    order by extract(epoch from d.done_at - d.created_at) * 1000) as lag
from deliveries d join notifications n on n.account_id = d.account_id and n.id = d.notification_id
join reminders r on r.account_id = n.account_id and r.id = n.reminder_id
where r.due_at >= $1 and r.due_at <= $2 and d.state = 'SENT'
"""

_UNTOLD: Final = """
select (select count(*) from reminders where state = 'PENDING' and due_at <= $1)
  + (select sum(h.position - c.dispatched) from journal_heads h join dispatch_cursors c using (account_id)) as left
"""

_LEFT: Final = _UNTOLD.replace(" as left", " + (select count(*) from deliveries where state = 'PENDING') as left")

_ASSIGN: Final = """mutation ($input: LeadAssignInput!) { leadAssign(input: $input) { errors { message } } }"""


async def peak(fleet: Fleet, *, due: int, within: timedelta = MINUTE, hurt: str = "") -> dict[str, Any]:
    """So many reminders come due within so long; `hurt`: `flush` Redis or `kill` a worker in the middle of it."""
    connection = await asyncpg.connect(fleet.postgres.url)
    try:
        at = datetime.now(UTC) + _LEAD + timedelta(seconds=due / 5_000)
        await arm(connection, due=due, at=at, within=within)
    finally:
        await connection.close()
    before, ends = fleet.memory(), at + within
    await asyncio.sleep((at + within / 2 - datetime.now(UTC)).total_seconds() + 0.5)
    await _hurt(fleet, hurt)
    await asyncio.sleep(max(0, (ends - datetime.now(UTC)).total_seconds()))

    async def nothing_is_left() -> bool:
        [row] = await fleet.query(_LEFT, ends)
        return bool(row["left"] == 0)

    async def all_are_told() -> bool:
        [row] = await fleet.query(_UNTOLD, ends)
        return bool(row["left"] == 0)

    await until(all_are_told, seconds=_SENT_SECONDS)
    [late] = await fleet.query(_LATE, at, ends)
    print(f"told, {len(fleet.workers)} workers: {_p(late['late'])} ms late", flush=True)
    await until(nothing_is_left, seconds=_SENT_SECONDS)
    [sent] = await fleet.query(_SENT, at, ends)
    workers = len(fleet.workers)
    return {
        "due": due,
        "within_seconds": within.total_seconds(),
        "workers": workers,
        "fired": late["fired"],
        "told": late["told"],
        "sent": sent["sent"],
        "late_ms": _p(late["late"]),
        "sending_lag_ms": _p(sent["lag"]),
        "fired_per_second_per_worker": round(due / late["firing_seconds"] / workers),
        "sent_per_second_per_worker": round(sent["sent"] / sent["seconds"] / workers),
        "memory_mib": [before, fleet.memory()],
    }


async def idle(fleet: Fleet) -> dict[str, Any]:
    """What workers cost that have nothing to do."""
    count = "select xact_commit from pg_stat_database where datname = current_database()"
    seen = [psutil.Process(worker.pid) for worker in fleet.workers]
    [[first]], used = await fleet.query(count), _cpu(seen)
    await asyncio.sleep(_IDLE_SECONDS)
    [[last]], spent = await fleet.query(count), _cpu(seen) - used
    workers = len(fleet.workers)
    return {
        "queries_per_second_per_worker": round((last - first) / _IDLE_SECONDS / workers, 1),
        "cpu_percent_per_worker": round(100 * spent / _IDLE_SECONDS / workers, 2),
    }


async def hints(fleet: Fleet, token: str) -> dict[str, float]:
    """From the commit of a mutation to the arrival of the mail that it causes, in ms; one after the other."""
    leads = await fleet.query("""
        select l.id, (select u.id from users u where u.account_id = l.account_id and u.id <> l.owner_id
            and u.role = 'USER' order by u.id limit 1) as other
        from leads l where l.account_id = (select account_id from sessions limit 1) and l.status = 'STANDBY'
        order by random() limit $1""", _HINTS)  # fmt: skip
    async with (
        fleet.api() as url,
        httpx.AsyncClient(base_url=url, headers={"authorization": f"Bearer {token}"}) as client,
    ):
        for row in leads:
            input = {"id": f"lead_{row['id']}", "ownerId": f"user_{row['other']}"}
            answer = await client.post("/graphql", json={"query": _ASSIGN, "variables": {"input": input}})
            assert "errors" not in answer.json(), answer.text
            await asyncio.sleep(0.15)

    async def nothing_is_left() -> bool:
        [row] = await fleet.query(_LEFT, datetime.now(UTC))
        return bool(row["left"] == 0)

    await until(nothing_is_left, seconds=60)
    return _p(await _from_commit_to_mailbox(fleet, [row["id"] for row in leads]))


async def _from_commit_to_mailbox(fleet: Fleet, leads: list[Any]) -> list[float]:
    arrived = dict(line.split() for line in fleet.mails.read_text().splitlines())
    rows = await fleet.query("""
        select d.id, extract(epoch from pg_xact_commit_timestamp(j.xmin))::float8 as committed
        from deliveries d join journal j on j.account_id = d.account_id and j.position = d.position
        where j.lead_id = any($1) and j.kind = 'lead.assigned'""", leads)  # fmt: skip
    took = sorted((float(arrived[str(row["id"])]) - row["committed"]) * 1000 for row in rows)
    return [statistics.median(took), took[int(len(took) * 0.99)], took[-1]]


async def _hurt(fleet: Fleet, how: str) -> None:
    if how == "flush":
        async with Redis.from_url(fleet.valkey.url) as redis:
            await redis.flushall()
    if how == "kill":
        victim = fleet.workers.pop(0)
        victim.kill()
        victim.wait()
        await fleet.start_workers(1)


def _p(values: list[float]) -> dict[str, float]:
    return dict(zip(("p50", "p99", "max"), (round(float(value), 1) for value in values), strict=True))


def _cpu(processes: list[psutil.Process]) -> float:
    used = [process.cpu_times() for process in processes]
    return float(sum(each.user + each.system for each in used))
