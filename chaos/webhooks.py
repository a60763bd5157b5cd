"""What is promised of webhooks: each event that an endpoint hears of, once, signed, and in order of each lead."""

from collections import Counter, defaultdict
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from chaos.receivers import Hook, Told
from chaos.worlds import World

_SWITCHED_OFF_WITHIN: Final = timedelta(seconds=1)
"""What is claimed while an endpoint is being switched off may go, and says an earlier moment than it has."""
_CLOCKS_APART: Final = 1.0
"""A signature's moment is in whole seconds."""
_TOLD_OUTSIDE: Final = ("lead.", "reminder.", "step.", "pipeline.")
"""As docs/webhooks.md says it, not as the application finds it."""

_ENDPOINTS: Final = """
select id, account_id, events, created_at, disabled_at from endpoints
where account_id = any($1) and kind = 'WEBHOOK' and deleted_at is null
"""

_EVENTS: Final = "select account_id, position, kind, at from journal where account_id = any($1) order by position"

_DELIVERIES: Final = """
select id, endpoint_id, lead_id, position, state from deliveries
where account_id = any($1) and channel = 'WEBHOOK' order by position
"""

_ATTEMPTS: Final = """
select a.delivery_id, a.attempt, a.claimed_at, d.endpoint_id from delivery_attempts a
join deliveries d on d.account_id = a.account_id and d.id = a.delivery_id
where a.account_id = any($1) and d.channel = 'WEBHOOK'
"""


async def check_webhooks(world: World, accounts: list[UUID], broken: dict[str, list[str]]) -> None:
    """I1, I4, I8, I9 and I10 of webhooks; what is checked of every delivery isn't checked here."""
    deliveries: dict[UUID, list[Any]] = defaultdict(list)
    for row in await world.query(_DELIVERIES, accounts):
        deliveries[row["endpoint_id"]].append(row)
    events: dict[UUID, list[Any]] = defaultdict(list)
    for row in await world.query(_EVENTS, accounts):
        events[row["account_id"]].append(row)
    attempts: dict[UUID, dict[tuple[str, int], Any]] = defaultdict(dict)
    for row in await world.query(_ATTEMPTS, accounts):
        attempts[row["endpoint_id"]][str(row["delivery_id"]), row["attempt"]] = row
    for endpoint in await world.query(_ENDPOINTS, accounts):
        hook, of_it = world.hooks.of(endpoint["id"]), deliveries[endpoint["id"]]
        if hook is None:
            broken["I1 durable"].append(f"nobody was told of endpoint {endpoint['id']}")
            continue
        _complete(endpoint, events[endpoint["account_id"]], of_it, broken)
        _in_order(hook, of_it, broken)
        _signed(hook, of_it, attempts[endpoint["id"]], broken)
        _ended(endpoint, attempts[endpoint["id"]], broken)


def _complete(endpoint: Any, events: list[Any], deliveries: list[Any], broken: dict[str, list[str]]) -> None:
    """One delivery of each event that it hears of; what happens while one is being switched off may be left out."""
    heard = {
        event["position"]
        for event in events
        if event["at"] >= endpoint["created_at"]
        and event["kind"].startswith(_TOLD_OUTSIDE)
        and (not endpoint["events"] or event["kind"] in endpoint["events"])
    }
    times = Counter(delivery["position"] for delivery in deliveries)
    wrong = {position: n for position, n in times.items() if n != 1 or position not in heard}
    if endpoint["disabled_at"] is None:
        wrong |= dict.fromkeys(heard - times.keys(), 0)
    for position, n in sorted(wrong.items()):
        words = f"endpoint {endpoint['id']} has {n} deliveries of event {position}, "
        broken["I4 complete fan-out"].append(words + ("of which it hears" if position in heard else "not meant for it"))


def _in_order(hook: Hook, deliveries: list[Any], broken: dict[str, list[str]]) -> None:
    """An event comes for the first time after each earlier one of its lead was taken, unless that was given up."""
    came: dict[str, float] = {}
    taken: dict[str, float] = {}
    for told in hook.told:
        came.setdefault(told.id, told.at)
        if told.is_taken:
            taken.setdefault(told.id, told.at)
    waits_for: dict[UUID, list[Any]] = defaultdict(list)
    for delivery in deliveries:
        id, lead = str(delivery["id"]), delivery["lead_id"]
        if lead is None:
            continue
        for earlier in waits_for[lead]:
            if id in came and came[id] < taken.get(str(earlier["id"]), came[id]):
                words = f"{hook.path}: event {delivery['position']} of lead {lead} came before {earlier['position']}"
                broken["I8 order"].append(words)
        if delivery["state"] == "SENT":
            waits_for[lead].append(delivery)


def _signed(
    hook: Hook, deliveries: list[Any], attempts: dict[tuple[str, int], Any], broken: dict[str, list[str]]
) -> None:
    """Each arrival's signature is right, its id is the event's own, and its moment that of this very attempt."""
    positions = {str(delivery["id"]): delivery["position"] for delivery in deliveries}
    again = Counter((told.id, told.attempt) for told in hook.told)
    for told in hook.told:
        problem = told.problem or _of_now(told, attempts.get((told.id, told.attempt)))
        if positions.get(told.id) != told.position:
            problem = f"its id is that of event {positions.get(told.id)} there"
        if again[told.id, told.attempt] > 1:
            problem = f"it came {again[told.id, told.attempt]} times as attempt {told.attempt}"
        if problem is not None:
            broken["I10 signed"].append(f"{hook.path}: event {told.position} under {told.id}: {problem}")


def _of_now(told: Told, attempt: Any) -> str | None:
    if attempt is None:
        return f"there is no attempt {told.attempt}"
    since, until = attempt["claimed_at"].timestamp() - _CLOCKS_APART, told.at + _CLOCKS_APART
    return None if since <= told.timestamp <= until else "its moment isn't that of the attempt"


def _ended(endpoint: Any, attempts: dict[tuple[str, int], Any], broken: dict[str, list[str]]) -> None:
    if endpoint["disabled_at"] is None:
        return
    end = endpoint["disabled_at"] + _SWITCHED_OFF_WITHIN
    late = [id for (id, _), attempt in attempts.items() if attempt["claimed_at"] > end]
    broken_here = [f"delivery {id}: it was tried after endpoint {endpoint['id']} was switched off" for id in late]
    if broken_here:
        broken["I9 attempts"] += broken_here
