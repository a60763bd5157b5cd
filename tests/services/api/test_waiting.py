"""Nobody waits for ever: what takes too long is ended, and what nobody waits for any more."""

import asyncio
import json
from typing import Any

import pytest

from tests.api import JSON, Client, an_app
from tests.services.api.codes import code_of


async def test_what_takes_too_long_is_ended(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    async def sleepy(*_: object) -> None:
        await asyncio.sleep(60)

    monkeypatch.setattr("schema.plans.answer", sleepy)
    monkeypatch.setattr("services.api.waiting.SECONDS", 0.05)

    answer = await client.send_query("{ todo { totalCount } }")

    assert (answer.status_code, code_of(answer)) == (504, "TIMEOUT")


async def test_a_question_ends_when_nobody_waits_for_the_answer(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, ended = asyncio.Event(), asyncio.Event()

    async def endless(*_: object) -> None:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    monkeypatch.setattr("schema.plans.answer", endless)
    await asked_and_hung_up(client, "{ todo { totalCount } }", once=begun)

    async with asyncio.timeout(5):
        await ended.wait()


async def test_a_mutation_goes_to_its_end_even_if_nobody_waits(client: Client) -> None:
    gone = asyncio.Event()
    gone.set()

    await asked_and_hung_up(client, 'mutation { leadCreate(input: { title: "x" }) { position } }', once=gone)

    assert await client.ask("{ leads { totalCount } }") == {"totalCount": 1}


async def asked_and_hung_up(client: Client, query: str, *, once: asyncio.Event) -> None:
    """Send a request, and be gone once something has happened."""
    body = [{"type": "http.request", "body": json.dumps({"query": query}).encode(), "more_body": False}]
    headers = {"content-type": JSON, "authorization": client.headers["authorization"]}
    scope = {
        "type": "http", "method": "POST", "path": "/graphql", "query_string": b"", "root_path": "",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
    }  # fmt: skip

    async def receive() -> dict[str, Any]:
        if body:
            return body.pop()
        await once.wait()
        return {"type": "http.disconnect"}

    async def send(_: object) -> None:
        """Nobody is there."""

    await an_app()(scope, receive, send)
