"""The clock's look at what is due goes by its index, however much is over."""

import re
from datetime import timedelta

import pytest

from sales import clock, database
from sales.viewers import Viewer
from tests.factories import an_account
from tests.sales.many import many_standbys


@pytest.mark.parametrize("fired", [0, 20_000])
async def test_looking_for_what_is_due_uses_its_index(ada: Viewer, fired: int) -> None:
    """However many are over, whose moment has passed, too: nobody tells the planner that those aren't due."""
    async with database.transaction() as transaction:
        await many_standbys(ada, 5_000, first_in=timedelta(days=1))
        if fired:
            await many_standbys(await an_account(), fired, first_in=timedelta(days=-1))
            await database.fetch(
                "update reminders set state = 'FIRED', fired_at = due_at where state = 'PENDING' and due_at < now()"
            )
        await database.fetch("analyze reminders, leads")

        plan = "\n".join(row["QUERY PLAN"] for row in await database.fetch(f"explain {clock.FIRE.statement}", 500))

        assert re.search(r"Index Scan (using|on) reminders_due", plan)
        assert "Index Cond: (due_at <= now())" in plan
        assert not re.search(r"Seq Scan on (reminders|leads)", plan)
        await transaction.rollback()
