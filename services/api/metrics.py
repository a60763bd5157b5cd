"""Metrics: what the database says of reminders and deliveries, in Prometheus' format, for who operates all of it.

Everything is read when it is asked for, at most every few seconds, so that whichever API is asked says the same.
"""

import asyncio
import ipaddress
import secrets
from collections.abc import Iterable, Iterator
from typing import Any, Final

from prometheus_client import CollectorRegistry
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import Response

from sales import database
from sales.canaries import age
from sales.deliveries.rates import KEEPS_PACE
from sales.workers import IS_ALIVE
from services.api.bell import Bell
from services.api.who import token_of

SECONDS: Final = 5.0
"""For so long an answer is given again, and no question takes longer."""

_QUANTILES: Final = (0.5, 0.99, 1.0)

_TOTALS = f"""
select
  (select extract(epoch from now() - min(due_at)) from reminders
   where state = 'PENDING' and set_aside_at is null and due_at <= now())::float8 as oldest_reminder,
  (select extract(epoch from now() - min(d.next_at)) from deliveries d
   where d.state = 'PENDING' and d.next_at <= now()
     and not exists (select from endpoints e where e.id = d.lane
       and (e.paused_until > now() or {KEEPS_PACE.format(endpoint="e")})))::float8
    as oldest_delivery,
  (select sum(h.position - c.dispatched) from dispatch_cursors c join journal_heads h using (account_id))::float8
    as undispatched,
  (select count(*) from endpoints where paused_until > now())::float8 as paused,
  (select count(*) from endpoints where disabled_at is not null and deleted_at is null)::float8 as disabled,
  (select count(*) from failures where set_aside_at is not null)::float8 as set_aside,
  (select count(*) from delivery_replays where state = 'RUNNING')::float8 as replays,
  (select count(*) from workers where {IS_ALIVE})::float8 as workers,
  (select count(*) from workers where hears_bell and {IS_ALIVE})::float8 as hearing,
  (select extract(epoch from now() - max(beat_at)) from workers)::float8 as heartbeat,
  {age()}::float8 as canary
"""

_FIRED = """
select count(*)::float8 as fired,
  percentile_cont($1::float8[]) within group (order by extract(epoch from fired_at - due_at)::float8) as late
from reminders where fired_at > now() - interval '1 minute'
"""

_DELIVERIES = """
select state, channel, count(*)::float8 as n from (
  -- Each by its own index: what has finished is not looked at.
  select state, channel from deliveries where state = 'PENDING'
  union all select state, channel from deliveries where state = 'JOINED' and attempt = 0
  union all select state, channel from deliveries where state = 'DEAD') d
group by 1, 2
"""

_FINISHED = """
select state, channel, count(*)::float8 as n from deliveries
where state in ('SENT', 'CANCELLED') and done_at > now() - interval '1 minute' group by 1, 2
"""

_ATTEMPTS = """
select d.channel, coalesce(a.outcome, 'SENDING') as outcome, count(*)::float8 as n
from delivery_attempts a join deliveries d on d.id = a.delivery_id
where a.claimed_at > now() - interval '1 minute' group by 1, 2
"""

_GAUGES: Final = (
    ("oldest_reminder", "oldest_due_reminder_seconds", "How long the oldest due reminder has waited; absent: none is."),
    (
        "oldest_delivery",
        "oldest_due_delivery_seconds",
        "The same of deliveries, but for endpoints in pause or at their rate.",
    ),
    ("undispatched", "undispatched_events", "Events whose readers have not been told yet."),
    ("paused", "endpoints_paused", "Endpoints that are spared for a while."),
    ("disabled", "endpoints_disabled", "Endpoints that are switched off."),
    ("set_aside", "failures_set_aside", "Reminders and events that failed again and again (relance failures)."),
    ("replays", "replays_running", "Replays of many deliveries that are not done."),
    ("workers", "workers_alive", "Workers with a heartbeat of the last seconds."),
    ("hearing", "workers_hearing_bell", "Those of them that Redis reaches."),
    ("heartbeat", "worker_heartbeat_seconds", "Age of the youngest heartbeat; absent: there never was one."),
    ("canary", "canary_seconds", "Age of the last reminder of nobody's that was fired and told; absent: never."),
)


class Metrics:
    """The last answer, and who may have it."""

    def __init__(self, token: str | None) -> None:
        self._token = token
        self._text = b""
        self._until = 0.0
        self._asking = asyncio.Lock()

    async def answer(self, request: Request) -> Response:
        """200 with the metrics; 404 for who may not have them, 503 without the database."""
        if not self._may_ask(request):
            return Response("Not Found", 404, media_type="text/plain")
        try:
            text = await self._fresh(request.app.state.bell)
        except Exception:
            return Response("the database does not answer\n", 503, media_type="text/plain")
        headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
        return Response(text, headers={**headers, "Content-Type": CONTENT_TYPE_LATEST})

    def _may_ask(self, request: Request) -> bool:
        if self._token is not None:
            return secrets.compare_digest((token_of(request) or "").encode(), self._token.encode())
        # What was passed on by a proxy of this machine comes from elsewhere.
        is_passed_on = {"forwarded", "x-forwarded-for"} & set(request.headers)
        return not is_passed_on and request.client is not None and _is_loopback(request.client.host)

    async def _fresh(self, bell: Bell) -> bytes:
        async with self._asking:
            now = asyncio.get_running_loop().time()
            if now >= self._until:
                async with asyncio.timeout(SECONDS):
                    self._text = _written(await _gathered(bell))
                self._until = now + SECONDS
            return self._text


async def _gathered(bell: Bell) -> list[Metric]:
    [totals] = await database.fetch(_TOTALS)
    [fired] = await database.fetch(_FIRED, list(_QUANTILES))
    deliveries, finished, attempts = [await database.fetch(sql) for sql in (_DELIVERIES, _FINISHED, _ATTEMPTS)]
    by_state, by_outcome = ("state", "channel"), ("outcome", "channel")
    found = [_one(name, help, totals[column]) for column, name, help in _GAUGES]
    found += [
        _one("redis_reachable", "Whether the API reaches Redis.", float(await bell.is_reachable())),
        _one("reminders_fired_last_minute", "Reminders that fired in the last minute.", fired["fired"]),
        _lateness(fired["late"]),
        _many("deliveries", "Deliveries that wait, and that were given up.", by_state, deliveries),
        _many("deliveries_finished_last_minute", "Deliveries that ended in the last minute.", by_state, finished),
        _many("attempts_last_minute", "Attempts begun in the last minute.", by_outcome, attempts),
    ]
    return found


def _one(name: str, help: str, value: float | None) -> Metric:
    gauge = GaugeMetricFamily(f"relance_{name}", help)
    if value is not None:
        gauge.add_metric([], value)
    return gauge


def _many(name: str, help: str, labels: tuple[str, ...], rows: Iterable[dict[str, Any]]) -> Metric:
    gauge = GaugeMetricFamily(f"relance_{name}", help, labels=labels)
    for row in rows:
        gauge.add_metric([row[label] for label in labels], row["n"])
    return gauge


def _lateness(seconds: list[float] | None) -> Metric:
    help = "How late the reminders of the last minute fired; absent: none did."
    gauge = GaugeMetricFamily("relance_reminder_lateness_seconds", help, labels=["quantile"])
    for quantile, late in zip(_QUANTILES, seconds or (), strict=False):
        gauge.add_metric([str(quantile)], max(0.0, late))
    return gauge


class _Gathered:
    """What Prometheus' library takes for a collector."""

    def __init__(self, metrics: list[Metric]) -> None:
        self._metrics = metrics

    def collect(self) -> Iterator[Metric]:
        return iter(self._metrics)


def _written(metrics: list[Metric]) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Gathered(metrics))
    return generate_latest(registry)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
