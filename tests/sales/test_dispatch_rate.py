"""How fast the dispatch tells."""

import os
import time
from datetime import timedelta
from pathlib import Path

from sales import database
from sales.viewers import Viewer
from tests.conftest import Figures
from tests.pace import paced, unburdened
from tests.sales.many import many_standbys
from tests.sales.tellings import notifications
from tests.turning import dispatch_all

RATE = 3_000
TRIES = 3
"""A core that is shared with other machines computes more slowly at times."""


async def test_three_thousand_events_a_second_of_one_account(ada: Viewer, ben: Viewer, figures: Figures) -> None:
    """A second of computing, here and in PostgreSQL: that other tests keep the machine busy is not its fault."""
    leads = await many_standbys(ben, 5_000, first_in=timedelta(days=1))
    await dispatch_all()
    rates: list[float] = []

    with unburdened():
        while max(rates, default=0) <= RATE and len(rates) < TRIES:
            await moved_by(ada, ben)
            started = await computed()
            await dispatch_all()
            rates.append(len(leads) / (await computed() - started))

    figures(f"{max(rates):,.0f} events a second of computing, each told by notification and e-mail")
    assert len(await notifications(ada)) == len(leads) * len(rates)
    assert len(leads) / paced(len(leads) / max(rates)) > RATE


async def computed() -> float:
    """The seconds that this process and its PostgreSQL have kept a core busy so far."""
    servers = await database.fetch(
        "select pid from pg_stat_activity where datname = current_database() and backend_type = 'client backend'"
    )
    stats = [Path(f"/proc/{row['pid']}/stat").read_text().rpartition(")")[2].split() for row in servers]
    ticks = sum(int(user) + int(system) for user, system in (stat[11:13] for stat in stats))
    return time.process_time() + ticks / os.sysconf("SC_CLK_TCK")


async def moved_by(actor: Viewer, owner: Viewer) -> None:
    """An event for each lead of the account: somebody else moved it."""
    await database.fetch(
        """with l as (select id, step_id, row_number() over () as n from leads where account_id = $1),
           h as (update journal_heads set position = position + (select count(*) from l) where account_id = $1
             returning position - (select count(*) from l) as base)
           insert into journal (account_id, position, kind, at, happened_at, actor, actor_id, subject_id, lead_id,
             lead_version, owner_id, changes, private, data)
           select $1, base + n, 'lead.moved', now(), now(), 'USER', $2, id, id, 2, $3,
             jsonb_build_object('step_id', jsonb_build_array(step_id, step_id)), '{}', '{}' from l, h""",
        actor.account.id, actor.user.id, owner.user.id,
    )  # fmt: skip
