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

ENDS = (
    "update sessions set revoked_at = now() where user_id = $1 returning id",
    "update sessions set expires_at = now() where user_id = $1 returning id",
    "update users set deactivated_at = now() where id = $1 returning id",
)
"""What ends a session, by itself or with its person."""


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


@pytest.mark.parametrize("sql", ENDS)
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


async def test_a_change_of_the_person_shows_at_once(ben: Viewer, client: Client) -> None:
    name = "{ viewer { user { name } } }"
    await client.ask(name)

    await database.fetch("update users set name = 'Benedict' where id = $1 returning id", ben.user.id)

    assert (await client.ask(name))["user"]["name"] == "Benedict"


async def test_a_mutation_confirms_a_known_caller_in_the_statement_that_writes(ben: Viewer, client: Client) -> None:
    lead = await a_lead(ben, title="Bens")
    star = f'mutation {{ leadStar(input: {{ id: "lead_{lead.id}" }}) {{ lead {{ isStarred }} }} }}'
    await client.ask(star)

    with counted_statements() as statements:
        await client.ask(f'mutation {{ leadUnstar(input: {{ id: "lead_{lead.id}" }}) {{ lead {{ isStarred }} }} }}')

    assert len(statements) == 3  # what is read, what is written, and the payload


@pytest.mark.parametrize("sql", ENDS)
async def test_a_session_that_ends_changes_nothing_more(ben: Viewer, client: Client, sql: str) -> None:
    lead = await a_lead(ben, title="Bens")
    await client.ask(TITLES)

    await database.fetch(sql, ben.user.id)

    assert await client.code(f'mutation {{ leadStar(input: {{ id: "lead_{lead.id}" }}) {{ lead {{ id }} }} }}') == (
        "UNAUTHENTICATED"
    )
    assert not (await Lead.get(id=lead.id)).is_starred


@pytest.mark.parametrize("sql", ENDS)
async def test_a_session_that_ends_is_told_so_whatever_it_asks_to_change(ben: Viewer, client: Client, sql: str) -> None:
    lead = await a_lead(ben, title="Bens")
    nothing = f'mutation {{ leadUnstar(input: {{ id: "lead_{lead.id}" }}) {{ errors {{ code }} }} }}'
    refused = f'mutation {{ leadEdit(input: {{ id: "lead_{lead.id}", title: "" }}) {{ errors {{ code }} }} }}'
    await client.ask(TITLES)

    await database.fetch(sql, ben.user.id)

    assert [await client.code(nothing), await client.code(refused)] == ["UNAUTHENTICATED", "UNAUTHENTICATED"]


async def test_who_manages_a_team_no_more_changes_nothing_of_theirs(
    ada: Viewer, anns: Lead, ben: Viewer, client: Client
) -> None:
    await database.fetch("update memberships set is_manager = true where user_id = $1 returning id", ben.user.id)
    edit = f'mutation {{ leadEdit(input: {{ id: "lead_{anns.id}", title: "%s" }}) {{ errors {{ code }} }} }}'
    before = await client.ask(edit % "Managed")

    await database.fetch("update memberships set is_manager = false where user_id = $1 returning id", ben.user.id)

    after = await client.ask(edit % "Not managed")
    assert (before["errors"], [error["code"] for error in after["errors"]]) == ([], ["NOT_ALLOWED"])
    assert (await Lead.get(id=anns.id)).title == "Managed"


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
