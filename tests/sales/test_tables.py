"""The tables: nothing crosses accounts, models and migrations agree."""

from uuid import UUID

from sales import database

OPERATIONAL = {"accounts", "canaries", "provider_rates", "sign_in_attempts", "workers", "tortoise_migrations"}
"""Tables of no account: the accounts themselves, what is counted before anybody is known, what all share."""


async def test_every_table_belongs_to_an_account() -> None:
    rows = await database.fetch(
        """select t.table_name as name, bool_or(c.column_name = 'account_id' and c.is_nullable = 'NO') as belongs
           from information_schema.tables t join information_schema.columns c using (table_schema, table_name)
           where t.table_schema = 'public' group by 1"""
    )

    assert {row["name"] for row in rows if not row["belongs"]} == OPERATIONAL


async def test_every_reference_inside_an_account_names_the_account() -> None:
    rows = await database.fetch(
        """select c.conrelid::regclass::text as of, c.confrelid::regclass::text as to, array(
             select attname::text from unnest(c.conkey) with ordinality k(n, o)
             join pg_attribute a on a.attrelid = c.conrelid and a.attnum = k.n order by k.o) as columns
           from pg_constraint c where c.contype = 'f'"""
    )

    assert len(rows) > 30
    for row in rows:
        assert row["columns"][0] == "account_id", row
        assert len(row["columns"]) == (1 if row["to"] == "accounts" else 2), row


async def test_on_a_young_table_a_reference_is_looked_up_by_its_key() -> None:
    """Without statistics every index that begins with the account looks as good, and the last one made is taken."""
    rows = await database.fetch(
        """select k.conrelid::regclass::text as of, (
             select c.relname::text from pg_index i join pg_class c on c.oid = i.indexrelid
             where i.indrelid = k.conrelid order by i.indexrelid desc limit 1) as last_made, k.conname::text as key
           from pg_constraint k where k.conname like '%_in_account'"""
    )

    assert len(rows) > 10
    assert [row["of"] for row in rows if row["last_made"] != row["key"]] == []


async def test_a_table_that_was_small_when_a_statement_was_planned_is_not_read_whole_when_it_has_grown(
    pool: None,
) -> None:
    """PostgreSQL would read a table whole that it knows to be small, and the plan is kept while it grows."""
    rows = await database.fetch(
        """select k.conrelid::regclass::text as of from pg_constraint k where k.conname like '%_in_account'"""
    )
    tables = {row["of"] for row in rows}
    await database.fetch(f"analyze {', '.join(sorted(tables))}")

    plans = {
        table: await database.fetch(
            f"explain select from {table} where account_id = $1 and id = $2 for key share", UUID(int=0), UUID(int=0)
        )
        for table in tables
    }

    assert len(tables) > 10
    assert [table for table, plan in plans.items() if "Seq Scan" in str(plan)] == []


async def test_the_migrations_make_what_the_models_say() -> None:
    assert await database.pending_changes() == []
