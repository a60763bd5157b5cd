"""What waits for a rate, and whether it was kept."""

import asyncio
from datetime import datetime, timedelta
from itertools import combinations
from uuid import UUID

from sales import database
from sales.deliveries.claiming import Claim, claim, next_due_in
from sales.deliveries.settling import sent
from sales.endpoints import Endpoint, EndpointKind
from sales.statuses import stand_by
from sales.viewers import Viewer
from tests.factories import a_lead
from tests.turning import AN_INSTANT, dispatch_all, fire_all_due

MINUTE = timedelta(minutes=1)
URL = "https://hook.example.com/secret-path"


async def a_device(by: Viewer, kind: EndpointKind) -> UUID:
    device = await Endpoint.create(
        account_id=by.account.id, user_id=by.user.id, kind=kind, name="Device", address="sealed", shown="…",
        created_at=await database.now(),
    )  # fmt: skip
    return UUID(str(device.id))


async def events_for(by: Viewer, number: int) -> None:
    """So many events, of as many leads, on their way to whoever hears of them."""
    for _ in range(number):
        await a_lead(by)
    await dispatch_all()


async def waiting(by: Viewer, endpoint: UUID, number: int, *, ago: timedelta = timedelta(0)) -> None:
    """So many deliveries that are due to an endpoint, as the dispatch writes them."""
    await database.fetch(
        """insert into deliveries (id, account_id, endpoint_id, channel, position, lane, state, attempt, ambiguous,
             next_at, created_at)
           select uuidv7(), e.account_id, e.id, case e.kind when 'WEBHOOK' then 'WEBHOOK' else 'PUSH' end, n, e.id,
             'PENDING', 0, 0, now() - $3::interval, now()
           from endpoints e, generate_series(1, $2::int) n where e.id = $1 and e.account_id = $4""",
        endpoint, number, ago, by.account.id,
    )  # fmt: skip


async def e_mails(by: Viewer, number: int) -> None:
    """So many e-mails to somebody that are due."""
    for _ in range(number):
        lead = await a_lead(by)
        await stand_by(lead.id, by=by, until=AN_INSTANT)
    await fire_all_due()
    await dispatch_all()


async def a_minute_passes(endpoint: UUID) -> None:
    await database.fetch("update endpoints set free_at = free_at - interval '1 minute' where id = $1", endpoint)


async def all_sent() -> list[UUID]:
    """Claim and send like a worker, until nothing waits any more."""
    done = []
    while (seconds := await next_due_in(mails=8)) is not None:
        for each in await claim(8):
            await sent(each)
            done.append(each.id)
        await asyncio.sleep(max(0.0, min(seconds, 0.05)))
    return done


async def claimed_at(*lanes: UUID) -> list[datetime]:
    rows = await database.fetch(
        """select a.claimed_at from delivery_attempts a join deliveries d on d.id = a.delivery_id
           where d.lane = any($1) order by 1""",
        list(lanes),
    )
    return [row["claimed_at"] for row in rows]


def assert_kept(times: list[datetime], *, per_minute: int) -> None:
    """In every stretch of time at most what the rate has for it, and a second's worth."""
    between, together = MINUTE / per_minute, per_minute // 60
    for (n, first), (m, last) in combinations(enumerate(times), 2):
        assert m - n + 1 <= (last - first) // between + together
    # It began with a second's worth, and was waiting all the time after.
    assert times[together - 1] - times[0] < timedelta(seconds=1)


def lanes_of(claims: list[Claim]) -> list[UUID | None]:
    return [each.endpoint_id for each in claims]
