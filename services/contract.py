"""What we promise, printed: schema/api.graphql and schema/webhooks from the code, sales/tables.sql from a database."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import asyncpg

from sales import database, statuses
from sales.leads import Status
from services.local import postgres

ROOT = Path(__file__).parent.parent

_TABLES_HEAD = """\
-- Every table on one page, as `relance schema` finds them in a database that all migrations have made, step by step.
-- A new database is made of this page at once. Generated: change a model and `make migration`, then `make schema`.
"""
_MADE = "INSERT INTO tortoise_migrations (app, name, applied_at) VALUES\n    {rows};\n"
# What pg_dump says to psql, and what Tortoise says of every enumeration (A: A, B: B); and of extensions, which may be
# somebody else's already.
_NOISE = re.compile(
    r"^(--.*|SET .*|SELECT pg_catalog.*|\\.*|COMMENT ON EXTENSION .*|"
    r"COMMENT ON COLUMN \S+ IS '(?P<value>[A-Z_]+): (?P=value).*)$",
    re.MULTILINE,
)
_KEYS = re.compile(r"\nALTER TABLE ONLY \w+\n    ADD CONSTRAINT \w+_in_account UNIQUE \(account_id, id\);\n")


def write(*, check: bool = False) -> int:
    """Write the generated files, or with `check` name those that aren't up to date; returns the exit code."""
    stale = []
    for path, text in asyncio.run(_printed()).items():
        if path.exists() and path.read_text("utf-8") == text:
            continue
        stale.append(path.relative_to(ROOT).as_posix())
        if not check:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
    if check and stale:
        print(f"not up to date: {', '.join(stale)}. Run `make schema` and commit what it writes.")
        return 1
    print(f"wrote {', '.join(stale)}" if stale else "the contract is up to date")
    return 0


async def _printed() -> dict[Path, str]:
    from schema.payload_schemas import schemas
    from schema.schema import schema

    payloads = {
        ROOT / "schema" / "webhooks" / f"{kind}.json": json.dumps(each, indent=1) + "\n"
        for kind, each in schemas().items()
    }
    return payloads | {
        ROOT / "schema" / "api.graphql": schema.as_str() + "\n",
        ROOT / "sales" / "tables.sql": await _tables(),
        ROOT / "docs" / "statuses.md": _statuses(),
    }


async def _tables() -> str:
    """As a database has it that was made of what another one has which was made step by step.

    PostgreSQL remembers some expressions otherwise than it tells them; told twice they stay as they are.
    """
    page = await tables(partial(database.migrate, step_by_step=True))
    return await tables(partial(_make, page))


async def _make(page: str, url: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await database.make_tables(connection, page=page)
    finally:
        await connection.close()


async def tables(make: Callable[[str], Awaitable[None]]) -> str:
    """The page of a database that was just made, by its URL."""
    async with postgres.temporary() as url:
        await make(url)
        dumped = await asyncio.to_thread(postgres.dump_tables, url)
    made = _MADE.format(rows=",\n    ".join(f"('sales', '{name}', now())" for name in database.migrations()))
    return "\n".join([_TABLES_HEAD, _tidy(_NOISE.sub("", dumped)), "", made])


def _tidy(dumped: str) -> str:
    dumped = dumped.replace("public.", "").replace(" WITH SCHEMA public", "")
    # The keys to which others refer come after every index: on a young table the last one made is taken, see 0002.
    keys = "".join(match[0] for match in _KEYS.finditer(dumped))
    dumped = _KEYS.sub("", dumped)
    ends = dumped.rindex("CREATE INDEX")
    ends = dumped.index("\n", ends) + 1
    return re.sub(r"\n{3,}", "\n\n", dumped[:ends] + keys + dumped[ends:]).strip()


def _statuses() -> str:
    rows = [
        f"| {transition.name} | `{transition.kind}` | {_names(transition.before)} | {_names(transition.after)} |"
        for transition in statuses.TRANSITIONS
    ]
    return "\n".join([*_STATUSES_HEAD.splitlines(), *rows, *_STATUSES_FOOT.splitlines(), ""])


def _names(found: frozenset[Status]) -> str:
    return ", ".join(status for status in Status if status in found)


_STATUSES_HEAD = """\
# Statuses, and which may follow which

A status answers one question: is this lead alive, and must I act now? It is one of the same five for everyone.

| status | meaning | open |
| --- | --- | --- |
| TODO | alive, act now | yes |
| STANDBY | alive, act later; comes back to TODO by itself at its moment | yes |
| WON | closed: the sale was made | no |
| LOST | closed: a competitor got it | no |
| CANCELLED | closed: there was no sale at all, for anybody | no |

The step of a lead, its place in a pipeline, is another matter: no step changes a status, and no status a step.

## What people decide

Generated from the table in `sales/statuses.py` by `relance schema`. What is not in it is refused
(`IllegalTransition`, with what is allowed), and nothing changes.

| decision | event | from | to |
| --- | --- | --- | --- |"""

_STATUSES_FOOT = """
When a closed lead was closed can be corrected (`lead.closing_corrected`): not to before it was created, not into the
future. Its status stays.

## What the clock does

When the waking reminder of a lead in STANDBY comes due, the lead is TODO again (`reminder.fired`). Ending that
reminder by hand (done, cancelled) does the same at once; moving or snoozing it moves the moment."""
