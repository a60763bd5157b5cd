"""Whether we are well, as those ask who run us."""

import signal

import httpx
import pytest

from sales import database, workers
from sales.ids import new_id
from sales.reminders import Reminder
from sales.reminders.decisions import set_reminder
from sales.viewers import Viewer
from services.settings import Settings
from tests.api import Client, an_app
from tests.factories import SOON, a_lead, reminders_of
from tests.services.api import servers


async def test_a_living_process_says_so(nobody: Client) -> None:
    answer = await nobody.get("/health/live")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_without_worker_and_redis_requests_are_served_all_the_same(nobody: Client) -> None:
    await database.fetch("delete from workers")
    await database.fetch("delete from canaries")

    answer = await nobody.get("/health/ready")

    assert answer.status_code == 200
    assert answer.json() | {"oldestDueReminderSeconds": None} == {
        "status": "ok", "database": "ok", "redis": "unreachable", "worker": "absent", "workerHeartbeatSeconds": None,
        "oldestDueReminderSeconds": None, "canary": "late", "canarySeconds": None,
    }  # fmt: skip


async def test_a_worker_that_was_heard_of_and_a_reminder_that_waits_are_told(
    ada: Viewer, nobody: Client, redis_url: str
) -> None:
    await workers.beat(new_id(), "w")
    lead = await a_lead(ada)
    await set_reminder(lead.id, by=ada, at=SOON)
    [reminder] = await reminders_of(lead)
    await database.fetch(
        "update reminders set due_at = now() - interval '2 days', notify_at = now() where id = $1", reminder.id
    )

    app = an_app(Settings(redis_url=redis_url))
    state = (await Client(app).get("/health/ready")).json()
    await app.state.bell.close()

    await Reminder.filter(id=reminder.id).update(state="CANCELLED", ended_at=await database.now())
    assert (state["worker"], state["redis"]) == ("ok", "ok")
    assert state["workerHeartbeatSeconds"] < 5
    assert state["oldestDueReminderSeconds"] >= 2 * 86_400


async def test_without_the_database_nothing_is_ready(nobody: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(database, "fetch", away)

    answer = await nobody.get("/health/ready")

    assert answer.status_code == 503
    assert answer.json()["database"] == "unreachable"


async def test_a_migration_that_is_missing_keeps_us_from_being_ready(
    nobody: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def missing() -> list[str]:
        return ["0099_later"]

    monkeypatch.setattr(database, "missing_migrations", missing)

    assert (await nobody.get("/health/ready")).status_code == 503


async def test_a_process_of_its_own_serves_and_says_little_about_itself(database_url: str, redis_url: str) -> None:
    async with servers.running(database_url, redis_url) as server, httpx.AsyncClient(base_url=server.url) as client:
        answer = await client.post("/graphql", json={"query": "{ __typename }"})
        ready = await client.get("/health/ready")
        page = await client.get("/graphql", headers={"accept": "text/html"})

    assert answer.json()["data"] == {"__typename": "Query"}
    assert "server" not in answer.headers
    assert ready.json()["redis"] == "ok"
    assert page.headers["content-type"].startswith("text/html")
    assert server.process.returncode == -signal.SIGTERM  # uvicorn finishes, and hands the signal on
