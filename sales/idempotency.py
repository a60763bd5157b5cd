"""Once per key: what a mutation answered, kept in the mutation's own transaction."""

from typing import Any

import orjson
from tortoise import fields
from tortoise.models import Model

from sales import database
from sales.errors import InvalidValue, KeyReused
from sales.viewers import Viewer

HOURS_KEPT = 24
OF_AN_ID = "id:"
"""How the key begins that a client's own id makes; these are kept for ever."""


class IdempotencyKey(Model):
    """A request that was carried out; the key is (account_id, actor_id, key)."""

    key = fields.CharField(max_length=300, primary_key=True)
    account_id = fields.UUIDField()
    actor_id = fields.UUIDField()
    input_hash = fields.CharField(max_length=64)
    outcome: dict[str, Any] | None = fields.JSONField(null=True)
    created_at = fields.DatetimeField()

    class Meta:
        table = "idempotency_keys"


# The insert waits for another transaction with the same key: afterwards its outcome is there, or its row is not.
_BEGIN = f"""
insert into idempotency_keys as k (account_id, actor_id, key, input_hash, created_at)
values ($1, $2, $3, $4, now())
on conflict (account_id, actor_id, key) do update
  set input_hash = excluded.input_hash, created_at = excluded.created_at, outcome = null
  where k.created_at < now() - interval '{HOURS_KEPT} hours' and not k.key like 'id:%'
returning key
"""

_FIRST = "select input_hash, outcome from idempotency_keys where account_id = $1 and actor_id = $2 and key = $3"

_SETTLE = """
update idempotency_keys set outcome = $4::jsonb where account_id = $1 and actor_id = $2 and key = $3 returning key
"""

_FORGET = f"""
delete from idempotency_keys where ctid = any(array(
  select ctid from idempotency_keys
  where created_at < now() - interval '{HOURS_KEPT} hours' and not key like 'id:%' limit 5000))
returning 1
"""


async def begin(by: Viewer, key: str, input_hash: str) -> dict[str, Any] | None:
    """The first outcome of this key, or None when this is the first time (and now it is taken).

    Raises KeyReused when the key came with other input. Call it first of all in the verb's transaction.
    """
    if await database.fetch(_BEGIN, by.account.id, by.user.id, key, input_hash):
        return None
    [first] = await database.fetch(_FIRST, by.account.id, by.user.id, key)
    if first["input_hash"] != input_hash:
        raise InvalidValue("id", "id_taken") if key.startswith(OF_AN_ID) else KeyReused()
    outcome: dict[str, Any] = orjson.loads(first["outcome"])
    return outcome


async def settle(by: Viewer, key: str, outcome: dict[str, Any]) -> None:
    """Keep the outcome of a verb that found nothing to change; `drafts.write` keeps all others."""
    await database.fetch(_SETTLE, by.account.id, by.user.id, key, orjson.dumps(outcome, default=str).decode())


async def forget_old() -> int:
    """Delete outcomes older than a day, a batch at a time; returns how many."""
    return len(await database.fetch(_FORGET))
