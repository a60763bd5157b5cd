"""What is measured of Relance: the peak, a burst, the idle hours, and the way from a commit to a mailbox."""

import asyncio
import statistics
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import asyncpg
import httpx
import psutil
from redis.asyncio import Redis

from bench.delivery.data import arm
from bench.delivery.fleet import Fleet, until

_LEAD: Final = timedelta(seconds=10)
_WARM_UP: Final = 1_000
_TOLD_SECONDS: Final = 300.0
_WARM_UP_SECONDS: Final = 15.0
_PREPARING_SECONDS: Final = 5.0
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
select count(*) as made, count(*) filter (where d.state = 'SENT') as sent,
  extract(epoch from max(d.done_at) filter (where d.state = 'SENT') - min(d.created_at))::float8 as seconds,
  percentile_cont(array[0.5, 0.99, 1]) within group (
    order by extract(epoch from d.done_at - d.created_at) * 1000) filter (where d.state = 'SENT') as lag
from deliveries d join journal j on j.account_id = d.account_id and j.position = d.position
join reminders r on r.account_id = j.account_id and r.id = j.subject_id
where d.channel = $3 and j.kind = 'reminder.fired' and r.due_at >= $1 and r.due_at <= $2
"""

# What can't be sent in the time that there is goes no more: the next round has nothing of this one's.
_CLEAR: Final = "update deliveries set state = 'CANCELLED', done_at = now(), lease = null where state = 'PENDING'"

_UNTOLD: Final = """
select (select count(*) from reminders where state = 'PENDING' and due_at <= $1)
  + (select sum(h.position - c.dispatched) from journal_heads h join dispatch_cursors c using (account_id)) as left
"""

_LEFT: Final = _UNTOLD.replace(" as left", " + (select count(*) from deliveries where state = 'PENDING') as left")

_ASSIGN: Final = """mutation ($input: LeadAssignInput!) { leadAssign(input: $input) { errors { message } } }"""


async def warmed_up(fleet: Fleet) -> None:
    """Some come due before anything is measured: plans made over empty tables are of no database in use."""
    async with fleet.working(1):
        await peak(fleet, due=_WARM_UP, within=timedelta(milliseconds=1), sending=_WARM_UP_SECONDS)
    await fleet.query("analyze")


async def peak(fleet: Fleet, *, due: int, within: timedelta, sending: float, hurt: str = "") -> dict[str, Any]:
    """So many reminders come due within so long; then it is sent for at most `sending` seconds, the rest not at all.

    `hurt`: `flush` Redis or `kill` a worker in the middle of it.
    """
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

    await until(all_are_told, seconds=_TOLD_SECONDS)
    [late] = await fleet.query(_LATE, at, ends)
    all_are_sent = await until(nothing_is_left, seconds=sending, or_else=False)
    workers, memory = len(fleet.workers), fleet.memory()
    await fleet.query("analyze")  # or what has just been written is unknown to the plans of these questions
    sent = {channel: await _sent(fleet, at, ends, channel, workers) for channel in ("EMAIL", "WEBHOOK")}
    if not all_are_sent:
        fleet.end_workers()
        await fleet.query(_CLEAR)
    return {
        "due": due,
        "within_seconds": within.total_seconds(),
        "workers": workers,
        "fired": late["fired"],
        "told": late["told"],
        "late_ms": _p(late["late"]),
        "fired_per_second_per_worker": round(due / late["firing_seconds"] / workers),
        "mails": sent["EMAIL"],
        "webhooks": sent["WEBHOOK"],
        "memory_mib": [before, memory],
    }


async def _sent(fleet: Fleet, at: datetime, ends: datetime, channel: str, workers: int) -> dict[str, Any]:
    [sent] = await fleet.query(_SENT, at, ends, channel)
    if not sent["sent"]:
        return {"made": sent["made"], "sent": 0}
    return {
        "made": sent["made"],
        "sent": sent["sent"],
        "lag_ms_of_those_sent": _p(sent["lag"]),
        "sent_per_second_per_worker": round(sent["sent"] / sent["seconds"] / workers),
    }


async def idle(fleet: Fleet) -> dict[str, Any]:
    """What workers cost that have nothing to do."""
    count = "select xact_commit from pg_stat_database where datname = current_database()"
    seen = [psutil.Process(worker.pid) for worker in fleet.workers]
    await asyncio.sleep(_PREPARING_SECONDS)  # a worker loads what it will need when it starts
    [[first]], used = await fleet.query(count), _cpu(seen)
    await asyncio.sleep(_IDLE_SECONDS)
    [[last]], spent = await fleet.query(count), _cpu(seen) - used
    workers = len(fleet.workers)
    return {
        "queries_per_second_per_worker": round((last - first) / _IDLE_SECONDS / workers, 1),
        "cpu_percent_per_worker": round(100 * spent / _IDLE_SECONDS / workers, 2),
    }


async def hints(fleet: Fleet, token: str) -> dict[str, dict[str, float]]:
    """From the commit of a mutation to the arrival of the mail and of the webhook that it causes, in ms."""
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
    ids = [row["id"] for row in leads]
    return {
        "mail_ms": _p(await _from_commit(fleet, ids, "EMAIL", _arrived(fleet.mails))),
        "webhook_ms": _p(await _from_commit(fleet, ids, "WEBHOOK", _arrived(fleet.hooks))),
    }


async def _from_commit(fleet: Fleet, leads: list[Any], channel: str, arrived: dict[str, str]) -> list[float]:
    rows = await fleet.query("""
        select d.id, extract(epoch from pg_xact_commit_timestamp(j.xmin))::float8 as committed
        from deliveries d join journal j on j.account_id = d.account_id and j.position = d.position
        where j.lead_id = any($1) and j.kind = 'lead.assigned' and d.channel = $2""", leads, channel)  # fmt: skip
    took = sorted((float(arrived[str(row["id"])]) - row["committed"]) * 1000 for row in rows)
    return [statistics.median(took), took[int(len(took) * 0.99)], took[-1]]


def _arrived(noted: Path) -> dict[str, str]:
    """When each came, by its id."""
    return dict(line.split() for line in noted.read_text().splitlines())


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
