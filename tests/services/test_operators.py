"""What an operator does with a database: demo data, accounts, failures."""

from collections.abc import AsyncIterator

import asyncpg
import pytest

from services.local import postgres
from services.local.demo import PASSWORD
from tests.services.commands import relance


@pytest.fixture(scope="module")
async def url() -> AsyncIterator[str]:
    async with postgres.temporary() as url:
        await relance("migrate", url=url)
        yield url


async def test_the_demo_is_two_companies_ten_people_three_pipelines_and_half_a_year_of_leads(url: str) -> None:
    first = await relance("demo", url=url)
    again = await relance("demo", url=url)

    assert first == again
    lines = first.strip().splitlines()
    assert len(lines) == 10
    assert all(PASSWORD in line and "@" in line for line in lines)
    connection = await asyncpg.connect(url)
    try:
        counted = await connection.fetchrow(
            """select (select count(*) from accounts) as accounts, (select count(*) from users) as users,
                 (select count(*) from pipelines) as pipelines, (select count(*) from leads) as leads,
                 (select count(distinct status) from leads) as statuses,
                 (select min(created_at) < now() - interval '170 days' from leads) as is_old,
                 (select count(*) from journal where happened_at < at - interval '1 day') as history,
                 (select count(*) from reminders where state = 'PENDING' and due_at > now() - interval '1 minute'
                    and due_at < now() + interval '30 seconds') as about_to_ring,
                 (select count(*) from leads l join steps s on s.id = l.step_id
                    where s.name in ('Follow-up after signature', 'Customer confirmed') and l.status <> 'WON') as odd"""
        )
    finally:
        await connection.close()
    assert (counted["accounts"], counted["users"], counted["pipelines"], counted["statuses"]) == (2, 10, 3, 5)
    assert (counted["leads"], counted["is_old"], counted["odd"]) == (304, True, 0)
    assert counted["history"] > 800
    assert counted["about_to_ring"] == 4


async def test_an_operator_opens_an_account_and_is_told_what_is_wrong(url: str) -> None:
    said = await relance("account", "Acme", "--person", "Ada", "--email", "ada@acme.example", url=url)

    assert said.startswith("Acme is open. ada@acme.example signs in with the password ")
    with pytest.raises(AssertionError) as refused:
        await relance("account", " ", "--person", "Bo", "--email", "nonsense", "--currency", "XXQ", url=url)
    assert "name: This cannot be empty. currency: “XXQ” is no currency." in str(refused.value)
    assert "email: This is not an e-mail address." in str(refused.value)
    assert "Traceback" not in str(refused.value)
    with pytest.raises(AssertionError, match="Somebody has this address already"):
        await relance("account", "Acme", "--person", "Ada", "--email", "ADA@acme.example", url=url)


async def test_what_was_set_aside_is_listed_and_replayed(url: str) -> None:
    assert await relance("failures", "list", url=url) == "Nothing is set aside.\n"
    connection = await asyncpg.connect(url)
    try:
        reminder = await connection.fetchrow(
            """update reminders set set_aside_at = now() where id = (
                 select id from reminders where state = 'PENDING' limit 1) returning id, account_id"""
        )
        await connection.execute(
            """insert into failures (id, account_id, stage, subject, tries, error, first_at, last_at, set_aside_at)
               values (uuidv7(), $1, 'CLOCK', $2, 5, 'CheckViolationError 23514', now(), now(), now())""",
            reminder["account_id"],
            str(reminder["id"]),
        )

        listed = await relance("failures", "list", url=url)
        replayed = await relance("failures", "replay", url=url)

        assert f"reminder {reminder['id']}  CheckViolationError 23514" in listed
        assert replayed == "1 replayed, 0 still failing.\n"
        assert await connection.fetchval("select set_aside_at from reminders where id = $1", reminder["id"]) is None
    finally:
        await connection.close()
    assert await relance("failures", "list", url=url) == "Nothing is set aside.\n"
