"""Whether all is well, as an administrator asks."""

from sales import canaries, database, workers
from sales.deliveries import DeliveryOutcome, claiming, settling
from sales.ids import new_id
from sales.reminders import decisions
from sales.viewers import Viewer
from tests.api import Client, signed_in
from tests.factories import SOON, a_lead, a_user, an_account, an_empty_outbox
from tests.turning import fire_and_dispatch

HEALTH = """{ deliveryHealth { pending dead oldestDueSeconds firedLastMinute endpointsPaused redisReachable
  canarySeconds isLate workers { startedAt heartbeatAt isAlive hearsBell } } }"""


async def test_an_administrator_sees_what_waits_what_is_dead_and_who_works(ada: Viewer, client: Client) -> None:
    await an_empty_outbox()
    await database.fetch("delete from workers")
    await database.fetch("delete from canaries")
    await workers.beat(new_id(), "w", hears_bell=True)
    for _ in range(2):
        await a_reminder_rings(ada)
    [claim] = await claiming.claim(1)
    await settling.failed(claim, DeliveryOutcome.REJECTED, "550 no such mailbox")
    await database.fetch(
        "update deliveries set next_at = now() - interval '2 minutes' where account_id = $1 and state = 'PENDING'",
        ada.account.id,
    )

    health = await client.ask(HEALTH)

    [worker] = health.pop("workers")
    assert (worker["isAlive"], worker["hearsBell"]) == (True, True)
    assert 120 <= health.pop("oldestDueSeconds") < 180
    assert health == {
        "pending": 1, "dead": 1, "firedLastMinute": 2, "endpointsPaused": 0, "redisReachable": True,
        "canarySeconds": None, "isLate": True,
    }  # fmt: skip


async def test_of_another_account_nothing_counts(ada: Viewer) -> None:
    await an_empty_outbox()
    await a_reminder_rings(ada)

    health = await (await signed_in(await an_account())).ask(HEALTH)

    assert (health["pending"], health["firedLastMinute"], health["oldestDueSeconds"]) == (0, 0, None)


async def test_a_canary_that_was_told_is_a_good_sign(ada: Viewer, client: Client) -> None:
    await database.fetch("delete from canaries")
    await canaries.fire()
    await database.fetch("update canaries set due_at = date_trunc('minute', now())")
    await canaries.fire()
    await canaries.tell()

    health = await client.ask(HEALTH)

    assert health["isLate"] is False
    assert 0 <= health["canarySeconds"] < 61


async def test_a_worker_that_was_not_heard_of_is_not_alive_and_hears_no_bell(ada: Viewer, client: Client) -> None:
    await database.fetch("delete from workers")
    await workers.beat(new_id(), "w", hears_bell=True)
    await database.fetch("update workers set beat_at = now() - interval '1 minute'")

    health = await client.ask(HEALTH)

    assert (health["redisReachable"], [each["isAlive"] for each in health["workers"]]) == (False, [False])


async def test_who_is_no_administrator_is_told_nothing(ada: Viewer) -> None:
    ben = await signed_in(await a_user(ada, name="Ben"))

    assert await ben.ask(HEALTH) is None


async def a_reminder_rings(by: Viewer) -> None:
    lead = await a_lead(by)
    outcome = await decisions.set_reminder(lead.id, by=by, at=SOON)
    await database.fetch("update reminders set due_at = now(), notify_at = now() where id = $1", outcome.id)
    await fire_and_dispatch()
