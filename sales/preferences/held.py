"""What is held for people who have decided otherwise since: it is planned again, by the rules that planned it first."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sales import database, digests
from sales.deliveries import Channel
from sales.journal import dumps
from sales.notifications import NotificationKind
from sales.routes import Reader, routes

AT_ONCE: Final = 50
"""People whose deliveries are planned between two statements, since PostgreSQL ends what idles in a transaction."""

# Locked until all is planned, so that no sender takes what is about to move; what one has its hands on is left to it.
# The message of a digest comes before what has joined it, as everywhere.
_HELD = """
with digest as materialized (
  select d.digest_id from deliveries d
  where d.account_id = $1 and d.user_id = any($2) and d.state = 'PENDING' and d.attempt = 0
    and d.digest_id is not null and d.notification_id is null
  order by d.id for no key update of d skip locked)
select d.id, d.user_id, d.channel, d.endpoint_id, d.attempt, n.kind, n.visible_at,
  coalesce(r.is_urgent, false) as is_urgent
from deliveries d
join notifications n on n.account_id = d.account_id and n.id = d.notification_id
left join reminders r on r.account_id = n.account_id and r.id = n.reminder_id
where d.account_id = $1 and d.user_id = any($2) and d.lease is null
  and (d.state = 'PENDING' or d.state = 'JOINED' and d.digest_id in (select digest_id from digest))
order by d.id for no key update of d skip locked
"""

_PLAN = """
update deliveries d set
  state = case when not p.is_wanted then 'CANCELLED' when p.digest_id is null then 'PENDING' else 'JOINED' end,
  done_at = case when p.is_wanted then null else now() end,
  digest_id = p.digest_id, next_at = coalesce(p.at, d.next_at),
  held_until = case when p.at > now() then p.at end,
  held_because = case when p.at > now() then coalesce(p.because, d.held_because) end
from jsonb_to_recordset($2::jsonb) as p(id uuid, is_wanted boolean, at timestamptz, because text, digest_id uuid)
where d.account_id = $1 and d.id = p.id
"""


async def plan_again(account_id: UUID, people: Collection[Reader], *, now: datetime) -> None:
    """Send what is held for these people when, how and if they want it now; some people at a time."""
    readers = {reader.id: reader for reader in people}
    ids = sorted(readers)
    for n in range(0, len(ids), AT_ONCE):
        rows = await database.fetch(_HELD, account_id, ids[n : n + AT_ONCE])
        plans = [plan for row in rows if (plan := _plan(row, readers[row["user_id"]], now))]
        await digests.join(account_id, [plan for plan in plans if plan.get("closes_at")])
        if plans:
            await database.fetch(_PLAN, account_id, dumps(plans))


def _plan(row: Mapping[str, Any], reader: Reader, now: datetime) -> dict[str, Any] | None:
    """When this delivery goes, as a row; None: when it is tried again stays.

    What a person reads in the inbox tells from when on it was to be told.
    """
    ways = routes(reader, NotificationKind(row["kind"]), at=row["visible_at"], now=now, urgent=row["is_urgent"])
    goes = Channel(row["channel"]), row["endpoint_id"]
    for route in ways:
        if (route.channel, route.endpoint_id) == goes:
            return (
                None
                if row["attempt"]
                else route.row() | {"id": row["id"], "user_id": row["user_id"], "is_wanted": True}
            )
    return {"id": row["id"], "is_wanted": False, "at": None, "digest_id": None}
