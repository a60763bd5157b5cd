"""Sent again, a mutation answers its first outcome: even where the API died before it could answer."""

import asyncio
from typing import Any

import asyncpg
import httpx
import pytest

from sales.viewers import Viewer
from tests.api import Client, id_of
from tests.factories import a_lead, events, steps_of
from tests.services.api import servers

# The payload asks for what the verb itself never reads, so that a lock on it holds up the answer and nothing before.
MOVE = """
mutation ($input: LeadMoveInput!) {
  leadMove(input: $input) { lead { version step { id } reminders { id } } errors { code } position }
}
"""


async def test_killed_between_commit_and_answer_and_sent_again_it_was_done_once(
    ada: Viewer, client: Client, database_url: str, redis_url: str
) -> None:
    lead, [_, step, *_] = await a_lead(ada), await steps_of(ada)
    request = {"query": MOVE, "variables": {"input": {"id": id_of(lead), "stepId": id_of(step)}}}
    headers = {"authorization": client.headers["authorization"], "idempotency-key": "once"}

    async with servers.running(database_url, redis_url) as api, held_up(database_url, "reminders"):
        sent = asyncio.create_task(posted(api.url, headers, request))
        await committed(ada, lead.id)
        await api.kill()
        with pytest.raises(httpx.TransportError):
            await sent
    async with servers.running(database_url, redis_url) as api:
        answers = [(await posted(api.url, headers, request))["data"]["leadMove"] for _ in range(2)]

    [event] = await events(ada, lead_id=lead.id, kind="lead.moved")
    assert answers[0] == answers[1]
    assert answers[0]["errors"] == []
    assert answers[0]["lead"] == {"version": event.lead_version, "step": {"id": id_of(step)}, "reminders": []}


async def test_every_mutation_takes_a_key(ada: Viewer, client: Client) -> None:
    """One of each shape, twice with the same key: the second time nothing happens, and the answer is the same."""
    lead = await a_lead(ada)
    pipeline = f"pipeline_{(await steps_of(ada))[0].pipeline_id}"
    for n, (name, input) in enumerate(
        [
            ("leadCreate", {"title": "x"}), ("leadStar", {"id": id_of(lead)}),
            ("leadStandBy", {"id": id_of(lead), "until": {"after": "P1D"}}),
            ("reminderSet", {"leadId": id_of(lead), "at": {"after": "P1D"}}),
            ("pipelineCreate", {"name": "Second", "steps": [{"name": "One"}]}),
            ("stepCreate", {"pipelineId": pipeline, "name": "Sixth"}),
            ("reasonAdd", {"status": "WON", "label": "Luck"}), ("accountRequireReasons", {"statuses": ["WON"]}),
            ("apiKeyCreate", {"name": "Script"}), ("viewerSetPreferences", {"name": "Ada B"}),
            ("notificationMarkAllRead", {}),
        ]
    ):  # fmt: skip
        first = await client.do(name, input, idempotency_key=f"key-{n}")
        before = len(await events(ada))

        second = await client.do(name, input, idempotency_key=f"key-{n}")

        assert second == first, name
        assert first["errors"] == [], name
        assert len(await events(ada)) == before, name


async def test_a_key_that_comes_with_another_input_is_refused(ada: Viewer, client: Client) -> None:
    lead = await a_lead(ada)
    await client.do("leadEdit", {"id": id_of(lead), "title": "One"}, idempotency_key="k")

    payload = await client.do("leadEdit", {"id": id_of(lead), "title": "Two"}, "lead { title }", idempotency_key="k")

    assert [error["code"] for error in payload["errors"]] == ["IDEMPOTENCY_KEY_REUSED"]
    assert payload["lead"] is None


async def test_a_refusal_is_not_remembered(ada: Viewer, client: Client) -> None:
    lead = await a_lead(ada)
    reopen = {"id": id_of(lead)}
    refused = await client.do("leadReopen", reopen, idempotency_key="k")
    await client.do("leadWin", reopen)

    done = await client.do("leadReopen", reopen, idempotency_key="k")

    assert [error["code"] for error in refused["errors"]] == ["ILLEGAL_TRANSITION"]
    assert done["errors"] == []


async def test_fields_of_one_request_share_a_key_without_getting_in_each_others_way(
    ada: Viewer, client: Client
) -> None:
    query = """mutation {
      a: leadCreate(input: { title: "A" }) { lead { number } }
      b: leadCreate(input: { title: "B" }) { lead { number } }
    }"""

    first = await client.ask(query, headers={"idempotency-key": "k"})
    second = await client.ask(query, headers={"idempotency-key": "k"})

    assert first == second == {"a": {"lead": {"number": 1}}, "b": {"lead": {"number": 2}}}


async def test_an_alias_that_is_too_long_for_a_key_is_told_so(client: Client) -> None:
    query = f'mutation {{ {"a" * 300}: leadCreate(input: {{ title: "A" }}) {{ position }} }}'

    answer = await client.send_query(query, headers={"idempotency-key": "k"})

    assert answer.json()["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"


async def posted(url: str, headers: dict[str, str], request: dict[str, Any]) -> Any:
    async with httpx.AsyncClient(base_url=url, headers=headers) as http:
        return (await http.post("/graphql", json=request)).json()


class held_up:
    """While it lasts, whoever reads the table waits."""

    def __init__(self, url: str, table: str) -> None:
        self._url, self._table = url, table

    async def __aenter__(self) -> None:
        self._connection = await asyncpg.connect(self._url)
        await self._connection.execute(f"begin; lock table {self._table} in access exclusive mode")

    async def __aexit__(self, *_: Any) -> None:
        await self._connection.close()


async def committed(viewer: Viewer, lead_id: Any) -> None:
    async with asyncio.timeout(10):
        while not await events(viewer, lead_id=lead_id, kind="lead.moved"):
            await asyncio.sleep(0.01)
