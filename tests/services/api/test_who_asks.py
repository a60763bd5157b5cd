"""Who asks is looked at with every request, in one statement with what they ask."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sales import database
from sales.accounts import Privacy
from sales.leads import Lead
from sales.teams import TeamPrivacy, add_member
from sales.teams import create as create_team
from sales.viewers import Viewer
from tests.api import Client, counted_statements, signed_in
from tests.factories import a_lead, a_user, an_account

TITLES = "{ leads { nodes { title } } }"


@pytest.fixture
async def ada(pool: None) -> Viewer:
    return await an_account(privacy=Privacy.PRIVATE)


@pytest.fixture
async def ben(ada: Viewer) -> Viewer:
    return await a_user(ada)


@pytest.fixture
async def client(ben: Viewer) -> AsyncIterator[Client]:
    async with await signed_in(ben) as client:
        yield client


@pytest.fixture
async def anns(ada: Viewer, ben: Viewer) -> Lead:
    """A lead of somebody whom Ben sees because of a team."""
    ann = await a_user(ada, name="Ann")
    team = await create_team(name="North", privacy=TeamPrivacy.MEMBERS_SHARE, by=ada)
    for person in (ann, ben):
        await add_member(team.id, by=ada, user_id=person.user.id)
    return await a_lead(ada, title="Anns", owner=ann)


async def titles(client: Client) -> list[str]:
    return [lead["title"] for lead in (await client.ask(TITLES))["nodes"]]


async def test_a_known_caller_and_the_answer_are_one_statement(client: Client) -> None:
    await client.ask(TITLES)

    with counted_statements() as statements:
        await client.ask(TITLES)

    assert len(statements) == 1


@pytest.mark.parametrize(
    "sql",
    [
        "update sessions set revoked_at = now() where user_id = $1 returning id",
        "update sessions set expires_at = now() where user_id = $1 returning id",
        "update users set deactivated_at = now() where id = $1 returning id",
    ],
)
async def test_a_session_that_ends_answers_nothing_more(ben: Viewer, client: Client, sql: str) -> None:
    await client.ask(TITLES)

    await database.fetch(sql, ben.user.id)

    assert await client.code(TITLES) == "UNAUTHENTICATED"


async def test_who_leaves_a_team_sees_its_leads_no_more(anns: Lead, ben: Viewer, client: Client) -> None:
    before = await titles(client)

    await database.fetch("delete from memberships where user_id = $1 returning id", ben.user.id)

    assert (before, await titles(client)) == (["Anns"], [])


async def test_who_becomes_an_administrator_sees_all(ada: Viewer, ben: Viewer, client: Client) -> None:
    await a_lead(ada, title="Adas", owner=ada)
    before = await titles(client)

    await database.fetch("update users set role = 'ADMINISTRATOR' where id = $1 returning id", ben.user.id)

    assert (before, await titles(client)) == ([], ["Adas"])


async def test_an_account_that_becomes_private_hides_at_once(ada: Viewer, ben: Viewer, client: Client) -> None:
    await a_lead(ada, title="Adas", owner=ada)
    await privacy(ada, "SHARED")
    before = await titles(client)

    await privacy(ada, "PRIVATE")

    assert (before, await titles(client)) == (["Adas"], [])


async def test_use_is_noted_once_a_minute(ben: Viewer, client: Client) -> None:
    await client.ask(TITLES)
    await database.fetch(
        "update sessions set last_used_at = now() - interval '1 hour' where user_id = $1 returning id", ben.user.id
    )

    await client.ask(TITLES)

    [row] = await database.fetch(
        "select last_used_at > now() - interval '1 minute' as is_recent from sessions where user_id = $1", ben.user.id
    )
    assert row["is_recent"]


async def privacy(by: Viewer, privacy: str) -> Any:
    sql = "update accounts set privacy = $2 where id = $1 returning id"
    return await database.fetch(sql, by.account.id, privacy)
