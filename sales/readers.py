"""Readers: whoever may be told of something, with what each has decided about it."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

import orjson
from tortoise.expressions import Q

from sales import database
from sales.endpoints import EndpointKind
from sales.moments import Morning
from sales.preferences import Decided, Preferences, decided
from sales.routes import Device, Reader

Readers = dict[UUID, dict[UUID, Reader]]
"""By account and by person."""

_READERS = """
select u.account_id, u.id, u.role = 'ADMINISTRATOR' as is_administrator, u.notify_in_app as in_app,
  u.notify_by_email and u.email_bounced_at is null as by_email,
  u.notify_of_own as own_actions, u.day_starts_at, u.time_zone, now() as now,
  coalesce((select jsonb_agg(jsonb_build_array(e.id, e.kind) order by e.id) from endpoints e
    where e.account_id = u.account_id and e.user_id = u.id and e.disabled_at is null and e.deleted_at is null),
    '[]') as devices
from users u
where u.account_id = any($1::uuid[]) and u.deactivated_at is null
  and (u.role = 'ADMINISTRATOR' or u.id = any($2::uuid[]) or u.account_id = any($3::uuid[]))
"""


async def readers(
    accounts: Collection[UUID], ids: Collection[UUID], *, everybody_of: Collection[UUID] = ()
) -> tuple[Readers, datetime]:
    """Whoever of these people and the administrators of these accounts may be told, and what time it is.

    Of some accounts it is everybody who may be told of anything.
    """
    rows = await database.fetch(_READERS, list(accounts), list(ids), list(everybody_of))
    of_these = Q(user_id=None) | Q(user_id__in=[row["id"] for row in rows])
    preferences = {
        (row.account_id, row.user_id): row for row in await Preferences.filter(of_these, account_id__in=list(accounts))
    }
    found: Readers = {id: {} for id in accounts}
    usual: dict[tuple[UUID, Morning], Decided] = {}
    for row in rows:
        found[row["account_id"]][row["id"]] = _reader(row, preferences, usual)
    return found, rows[0]["now"] if rows else await database.now()


def _reader(
    row: database.Row,
    preferences: dict[tuple[UUID, UUID | None], Preferences],
    usual: dict[tuple[UUID, Morning], Decided],
) -> Reader:
    account_id, morning = row["account_id"], Morning(row["day_starts_at"], row["time_zone"])
    own, others = preferences.get((account_id, row["id"])), preferences.get((account_id, None))
    decision = decided(own, others, morning=morning) if own else usual.get((account_id, morning))
    if decision is None:  # it is the same for most people of an account
        decision = usual[account_id, morning] = decided(None, others, morning=morning)
    return Reader(
        id=row["id"],
        is_administrator=row["is_administrator"],
        in_app=row["in_app"],
        by_email=row["by_email"],
        own_actions=row["own_actions"],
        decided=decision,
        devices=tuple(Device(UUID(id), EndpointKind(kind)) for id, kind in orjson.loads(row["devices"])),
    )
