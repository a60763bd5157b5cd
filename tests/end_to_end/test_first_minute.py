"""The tour in docs/first-minute.md, word for word, on a `relance up` with its demo data."""

import asyncio
import re
from pathlib import Path
from typing import Any

import httpx

from tests.services.local.ups import up

DOCUMENT = Path(__file__).parents[2] / "docs" / "first-minute.md"
_OPERATION = re.compile(r"^## (\d+)\..*?```graphql\n(.*?)```", re.MULTILINE | re.DOTALL)


async def test_the_first_minute_goes_as_the_document_says(ground: Path) -> None:
    operations = {int(number): text for number, text in _OPERATION.findall(DOCUMENT.read_text("utf-8"))}
    assert sorted(operations) == list(range(1, 10))

    with up(ground / "data") as relance:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{relance.environment['PORT']}") as client:
            await _the_tour(client, operations)
            await _until_mailed(ground / "data" / "outbox")


async def _the_tour(client: httpx.AsyncClient, operations: dict[int, str]) -> None:
    async def ask(number: int, **variables: Any) -> Any:
        answer = await client.post("/graphql", json={"query": operations[number], "variables": variables})
        body = answer.json()
        assert "errors" not in body, body
        [field] = body["data"].values() if len(body["data"]) == 1 else [body["data"]]
        assert not field.get("errors"), body
        return field

    signed_in = await ask(1)
    client.headers["Authorization"] = f"Bearer {signed_in['token']}"
    assert signed_in["viewer"] == {"user": {"name": "Amelia Khan"}, "account": {"name": "Harbour Roofing"}}

    around = await ask(2)
    assert [status["value"] for status in around["statuses"]] == ["TODO", "STANDBY", "WON", "LOST", "CANCELLED"]
    assert [pipeline["name"] for pipeline in around["pipelines"]] == ["Sales", "After the quote"]

    morning = await ask(3)
    lateness = [item["isLate"] for item in morning["nodes"]]
    assert lateness == sorted(lateness, reverse=True)

    [item] = (await ask(4))["nodes"]
    lead = item["lead"]
    others = [step for step in lead["pipeline"]["steps"] if step["id"] != lead["step"]["id"]]
    target = next(step for step in others if not step["guards"])
    moved = await ask(5, lead=lead["id"], step=target["id"])
    assert moved["lead"] == {"status": "TODO", "step": {"name": target["name"]}, "version": lead["version"] + 1}

    waiting = await ask(6, lead=lead["id"])
    assert waiting["lead"]["status"] == "STANDBY"
    assert waiting["lead"]["nextReminder"] == {"note": "Ask for the drawings"}

    async with asyncio.timeout(30):
        while (back := await ask(7, lead=lead["id"]))["status"] != "TODO":
            await asyncio.sleep(0.2)
    assert back["step"] == {"name": target["name"]}
    assert back["history"]["nodes"][-1]["kind"] == "REMINDER_FIRED"
    assert back["history"]["nodes"][-1]["actor"] is None

    async with asyncio.timeout(10):
        while not any(told["lead"]["number"] == lead["number"] for told in (await ask(8))["nodes"]):
            await asyncio.sleep(0.1)

    won = await ask(9, lead=lead["id"])
    assert won["lead"]["status"] == "WON"
    assert won["lead"]["amount"] == {"amount": "12500.00", "currency": "GBP"}


async def _until_mailed(outbox: Path) -> None:
    async with asyncio.timeout(10):
        while not any("Ask for the drawings" in mail.read_text("utf-8") for mail in outbox.glob("*.eml")):
            await asyncio.sleep(0.1)
