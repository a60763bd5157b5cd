"""The API as its clients see it: over HTTP, signed in as somebody."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import httpx
from starlette.applications import Starlette
from tortoise.models import Model

from sales.sessions import sign_in
from sales.viewers import Viewer
from schema import ids
from services.api.app import create_app
from services.settings import Settings
from tests.factories import PASSWORD

GRAPHQL = "application/graphql-response+json"
JSON = "application/json"


class Client(httpx.AsyncClient):
    """An HTTP client that asks in GraphQL."""

    def __init__(self, app: Starlette | None = None, *, token: str | None = None, **options: Any) -> None:
        transport = httpx.ASGITransport(app) if app else None
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        super().__init__(**{"transport": transport, "base_url": "http://relance.test", "headers": headers} | options)

    async def send_query(
        self, query: str, *, headers: dict[str, str] | None = None, **variables: Any
    ) -> httpx.Response:
        return await self.post("/graphql", json={"query": query, "variables": variables}, headers=headers)

    async def ask(self, query: str, *, headers: dict[str, str] | None = None, **variables: Any) -> Any:
        """The data, of one root field its value; anything wrong with the request fails the test."""
        body = (await self.send_query(query, headers=headers, **variables)).json()
        assert "errors" not in body, body["errors"]
        return next(iter(body["data"].values())) if len(body["data"]) == 1 else body["data"]

    async def code(self, query: str, **variables: Any) -> str:
        """The code of the one error that the request is answered with."""
        [error] = (await self.send_query(query, **variables)).json()["errors"]
        return str(error["extensions"]["code"])

    async def do(self, mutation: str, input: dict[str, Any], fields: str = "", **headers: str) -> Any:
        """Run one mutation with this input; the payload's errors, warnings and position come along."""
        kind = f"{mutation[0].upper()}{mutation[1:]}Input"
        query = f"mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ {_PAYLOAD} {fields} }} }}"
        return await self.ask(
            query, headers={name.replace("_", "-"): value for name, value in headers.items()}, input=input
        )


_PAYLOAD = "errors { __typename code message path } warnings { code message ids } position"


def an_app(settings: Settings | None = None) -> Starlette:
    """The application on the pool of this process; its lifespan does not run."""
    return create_app(settings or Settings())


async def signed_in(viewer: Viewer, app: Starlette | None = None) -> Client:
    """A client on a device of this person's."""
    session = await sign_in(email=viewer.user.email, password=PASSWORD, device="Test", address="192.0.2.1")
    return Client(app or an_app(), token=session.token)


def id_of(row: Model) -> str:
    return str(ids.id_of(row))


def written(at: datetime) -> str:
    """An instant as answers have it: in UTC, without zeros at the end of its fraction."""
    text = at.astimezone(UTC).isoformat().removesuffix("+00:00")
    return f"{text.rstrip('0') if at.microsecond else text}Z"


@contextmanager
def counted_statements() -> Iterator[list[str]]:
    """The SQL statements that this process sends meanwhile."""
    statements: list[str] = []

    class Counter(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            statements.append(record.getMessage())

    logger, counter = logging.getLogger("tortoise.db_client"), Counter()
    level = logger.level
    logger.addHandler(counter)
    logger.setLevel(logging.DEBUG)
    try:
        yield statements
    finally:
        logger.removeHandler(counter)
        logger.setLevel(level)
