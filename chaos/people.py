"""People at work over HTTP, and the ledger: what was acknowledged to them, written only after the answer."""

import asyncio
import json
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID, uuid4

import httpx

from chaos.receivers import Hook
from chaos.roles import PASSWORD

_AT_ONCE: Final = 6
_PAUSE_SECONDS: Final = 0.1
_ANSWER_SECONDS: Final = 5.0
"""After so long a person sends it again, under the same key."""

_SIGN_IN: Final = "mutation ($input: SignInInput!) { it: signIn(input: $input) { token errors { message } } }"
_CREATE: Final = """mutation ($input: LeadCreateInput!) { it: leadCreate(input: $input) {
  lead { id nextReminder { id dueAt activity } } errors { message } } }"""
_STAND_BY: Final = """mutation ($input: LeadStandByInput!) { it: leadStandBy(input: $input) {
  lead { id nextReminder { id dueAt activity } } errors { message } } }"""
_CANCEL: Final = """mutation ($input: LeadCancelInput!) { it: leadCancel(input: $input) {
  lead { id nextReminder { id dueAt activity } } errors { message } } }"""

_HEAR: Final = """mutation ($input: WebhookCreateInput!) { it: webhookCreate(input: $input) {
  webhook { id } secret errors { message } } }"""
_ROTATE: Final = """mutation ($input: WebhookRotateSecretInput!) { it: webhookRotateSecret(input: $input) {
  secret errors { message } } }"""


@dataclass(frozen=True)
class Entry:
    """An acknowledged decision: the lead waits for `token` until `due_at`, or (None) for nothing any more."""

    account: UUID
    lead: UUID
    token: str | None
    due_at: datetime | None


class Ledger:
    """Every acknowledged decision, in order; kept in a file as well, for whoever looks into a failure."""

    def __init__(self, file: Path) -> None:
        self.entries: list[Entry] = []
        self._file = file.open("a", buffering=1)

    def note(self, entry: Entry) -> None:
        self.entries.append(entry)
        self._file.write(json.dumps(asdict(entry), default=str) + "\n")

    def close(self) -> None:
        self._file.close()


class People:
    """The people of one account; each decision goes to an API until it is acknowledged, and is carried out once."""

    def __init__(self, account: UUID, email: str, *, apis: list[str], ledger: Ledger, seed: str) -> None:
        self.account = account
        self.apis = apis
        self.hooks: list[Hook] = []
        self._email, self._ledger, self._random = email, ledger, random.Random(seed)
        self._hands = asyncio.Semaphore(_AT_ONCE)
        self._headers: dict[str, str] = {}

    async def work(self, leads: int, *, within: tuple[float, float] = (0.5, 2.5), minds_changed: float = 0.2) -> None:
        """Put so many new leads on standby, each for a moment `within`; some think again at that very instant."""
        async with self._signed_in() as client:
            waits = [(self._random.uniform(*within), self._random.random()) for _ in range(leads)]
            await asyncio.gather(*(self._one(client, wait, mind < minds_changed, mind) for wait, mind in waits))

    async def hear(self, hook: Hook, *, events: Sequence[str] = ()) -> None:
        """Have the account's events told there; none given: all of them. Its name is nobody else's."""
        async with self._signed_in() as client:
            input = {"name": f"Hook {hook.path}", "url": hook.url, "events": list(events)}
            made = await self._done(client, _HEAR, input)
        assert made["secret"] is not None, "the answer with the secret was lost"
        hook.endpoint = UUID(made["webhook"]["id"].removeprefix("endpoint_"))
        hook.signed_by(made["secret"])
        self.hooks.append(hook)

    async def rotate(self, hook: Hook) -> None:
        """Have it signed by another secret."""
        async with self._signed_in() as client:
            made = await self._done(client, _ROTATE, {"id": f"endpoint_{hook.endpoint}"})
        assert made["secret"] is not None, "the answer with the secret was lost"
        hook.signed_by(made["secret"])

    @asynccontextmanager
    async def _signed_in(self) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(timeout=_ANSWER_SECONDS) as client:
            if not self._headers:
                signed_in = await self._done(client, _SIGN_IN, {"email": self._email, "password": PASSWORD})
                self._headers["authorization"] = f"Bearer {signed_in['token']}"
            yield client

    async def _one(self, client: httpx.AsyncClient, wait: float, thinks_again: bool, mind: float) -> None:
        async with self._hands:
            lead = await self._put_away(client, None, wait)
        if not thinks_again:
            return
        await asyncio.sleep(wait + self._random.uniform(-0.02, 0.02))
        async with self._hands:
            if int(mind * 1000) % 2:
                payload = await self._done(client, _CANCEL, {"id": f"lead_{lead}"})
                self._note(payload["lead"], None)
            else:
                await self._put_away(client, lead, wait / 2)

    async def _put_away(self, client: httpx.AsyncClient, lead: UUID | None, wait: float) -> UUID:
        token = f"call-{uuid4().hex[:16]}"
        input = {"until": {"after": f"PT{wait:.3f}S"}, "activity": token}
        if lead is None:
            input |= {"title": "New roof", "status": "STANDBY"}
        else:
            input |= {"id": f"lead_{lead}"}
        payload = await self._done(client, _CREATE if lead is None else _STAND_BY, input)
        return self._note(payload["lead"], token)

    def _note(self, lead: dict[str, Any], token: str | None) -> UUID:
        id, waiting = UUID(lead["id"].removeprefix("lead_")), lead["nextReminder"]
        # It may have come due before it was read for the answer: then no moment was acknowledged.
        is_it = waiting is not None and waiting["activity"] == token
        due_at = datetime.fromisoformat(waiting["dueAt"]) if is_it and token else None
        self._ledger.note(Entry(self.account, id, token, due_at))
        return id

    async def _done(self, client: httpx.AsyncClient, mutation: str, input: dict[str, Any]) -> Any:
        """Send a mutation until it is acknowledged, here or there, always under the same key."""
        headers = self._headers | {"idempotency-key": str(uuid4())}
        request = {"query": mutation, "variables": {"input": input}}
        for turn in range(10_000):
            api = self.apis[turn % len(self.apis)]
            try:
                answer = await client.post(f"{api}/graphql", json=request, headers=headers)
            except httpx.TransportError:
                await asyncio.sleep(_PAUSE_SECONDS)
                continue
            body = answer.json()
            if answer.status_code < 500 and "errors" not in body:
                assert not body["data"]["it"]["errors"], body
                return body["data"]["it"]
            is_passing = answer.status_code >= 500 or all(e["extensions"]["retryable"] for e in body["errors"])
            # An unforeseen error is the API's own, answered as INTERNAL: whoever asks again with the key is safe.
            is_passing = is_passing or all(e["extensions"]["code"] == "INTERNAL_SERVER_ERROR" for e in body["errors"])
            assert is_passing, body
            await asyncio.sleep(_PAUSE_SECONDS)
        raise AssertionError("never acknowledged")
