"""Metrics, as Prometheus asks for them."""

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from sales import database, workers
from sales.ids import new_id
from sales.viewers import Viewer
from services.settings import Settings
from tests.api import Client, an_app
from tests.schema.test_digests import a_digest

SECRET = "0123456789abcdef"


async def test_from_this_machine_everything_is_told_in_the_format_of_prometheus(nobody: Client) -> None:
    await workers.beat(new_id(), "w", hears_bell=True)

    answer = await nobody.get("/metrics")

    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    found = {family.name: family.samples for family in text_string_to_metric_families(answer.text)}
    assert found["relance_workers_alive"][0].value >= 1
    assert found["relance_workers_hearing_bell"][0].value >= 1
    assert found["relance_redis_reachable"][0].value == 0
    assert {"relance_canary_seconds", "relance_oldest_due_reminder_seconds", "relance_deliveries",
            "relance_reminder_lateness_seconds", "relance_attempts_last_minute"} <= found.keys()  # fmt: skip


async def test_what_waits_within_a_digest_is_told_by_itself(ada: Viewer, nobody: Client) -> None:
    await a_digest(ada)

    answer = await nobody.get("/metrics")

    found = {family.name: family.samples for family in text_string_to_metric_families(answer.text)}
    waiting = {(each.labels["state"], each.labels["channel"]): each.value for each in found["relance_deliveries"]}
    assert (waiting["PENDING", "EMAIL"], waiting["JOINED", "EMAIL"]) == (1, 2)


@pytest.mark.parametrize(
    ("host", "headers", "status"),
    [
        ("127.0.0.1", {}, 200),
        ("::1", {}, 200),
        ("192.0.2.7", {}, 404),
        ("127.0.0.1", {"X-Forwarded-For": "127.0.0.1"}, 404),
    ],
)
async def test_without_a_token_only_this_machine_is_told(
    pool: None, host: str, headers: dict[str, str], status: int
) -> None:
    assert await asked(Settings(), host, headers) == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": f"Bearer {SECRET}"}, 200),
        ({"Authorization": f"Bearer {SECRET}x"}, 404),
        ({"Authorization": SECRET}, 404),
        ({}, 404),
    ],
)
@pytest.mark.parametrize("host", ["127.0.0.1", "192.0.2.7"])
async def test_with_a_token_only_who_has_it_is_told(
    pool: None, host: str, headers: dict[str, str], status: int
) -> None:
    assert await asked(Settings(metrics_token=SECRET), host, headers) == status


async def test_without_the_database_there_are_no_metrics(nobody: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def away(*_: object) -> None:
        raise ConnectionRefusedError

    monkeypatch.setattr(database, "fetch", away)

    assert (await nobody.get("/metrics")).status_code == 503


async def asked(settings: Settings, host: str, headers: dict[str, str]) -> int:
    transport = httpx.ASGITransport(an_app(settings), client=(host, 4711))
    async with httpx.AsyncClient(transport=transport, base_url="http://relance.test") as client:
        return (await client.get("/metrics", headers=headers)).status_code
