"""People at work over HTTP, in a process of their own: leads stand by for 2 to 5 seconds; prints the account's id.

What was not acknowledged is sent again under the same Idempotency-Key, as a client does.
"""

import asyncio
import random
import sys
from typing import Any
from uuid import uuid4

import httpx

from sales import database
from sales.ids import new_id
from sales.opening import open_account
from sales.users.people import NewPerson

PASSWORD = "correct horse battery"
AT_ONCE = 8
PAUSE = 0.1

SIGN_IN = "mutation ($input: SignInInput!) { it: signIn(input: $input) { token errors { message } } }"
CREATE = "mutation ($input: LeadCreateInput!) { it: leadCreate(input: $input) { lead { id } errors { message } } }"
STAND_BY = (
    "mutation ($input: LeadStandByInput!) { it: leadStandBy(input: $input) { lead { status } errors { message } } }"
)


async def main(database_url: str, api_url: str, leads: int) -> None:
    # Every scenario has an account of its own; opening one is an operator's affair.
    person = NewPerson(name="Ada Admin", email=f"ada.{new_id()}@example.com", password=PASSWORD)
    async with database.connected(database_url, pool=1):
        ada = await open_account(name="Acme", administrator=person)
    async with httpx.AsyncClient(base_url=api_url, timeout=30) as client:
        signed_in = await done(client, SIGN_IN, {"email": person.email, "password": PASSWORD})
        client.headers["Authorization"] = f"Bearer {signed_in['token']}"
        hands = asyncio.Semaphore(AT_ONCE)
        made = await asyncio.gather(*(create(client, hands, n) for n in range(leads)))
        await asyncio.gather(*(stand_by(client, hands, lead) for lead in made))
    print(ada.account.id)


async def create(client: httpx.AsyncClient, hands: asyncio.Semaphore, n: int) -> str:
    async with hands:
        lead_id: str = (await done(client, CREATE, {"title": f"Lead {n}"}))["lead"]["id"]
        return lead_id


async def stand_by(client: httpx.AsyncClient, hands: asyncio.Semaphore, lead_id: str) -> None:
    async with hands:
        until = {"after": f"PT{random.uniform(2, 5):.3f}S"}
        payload = await done(client, STAND_BY, {"id": lead_id, "until": until, "note": "Call again"})
        assert payload["lead"]["status"] == "STANDBY"


async def done(client: httpx.AsyncClient, mutation: str, input: dict[str, Any]) -> Any:
    """Send a mutation until it is acknowledged; it is carried out once."""
    headers = {"Idempotency-Key": str(uuid4())}
    while True:
        try:
            answer = await client.post(
                "/graphql", json={"query": mutation, "variables": {"input": input}}, headers=headers
            )
        except httpx.TransportError:
            await asyncio.sleep(PAUSE)
            continue
        body = answer.json()
        if all(error["extensions"]["retryable"] for error in body.get("errors", [])) and "errors" in body:
            await asyncio.sleep(PAUSE)
            continue
        assert "errors" not in body, body
        assert not body["data"]["it"]["errors"], body
        return body["data"]["it"]


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
