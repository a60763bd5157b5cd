"""API keys: how a script signs in, acting for the person who made the key."""

from dataclasses import dataclass
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from sales import database
from sales.advice import Advice, AdviceCode
from sales.errors import NotFound
from sales.ids import new_id
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.names import clean
from sales.tokens import KEY_PREFIX, Secret, hash_of, new_token
from sales.verbs import Outcome, verb
from sales.viewers import Viewer

SHOWN = 12
LONGEST_NAME = 120


class ApiKey(Model):
    """A key of a script; shown once, stored as a hash, recognised by its prefix."""

    SECRET = frozenset({"token_hash"})

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    user_id = fields.UUIDField(description="The person for whom the script acts")
    name = fields.CharField(max_length=120)
    prefix = fields.CharField(max_length=16)
    token_hash = fields.CharField(max_length=64, description="SHA-256 of the key, in hexadecimal")
    created_at = fields.DatetimeField()
    last_used_at = fields.DatetimeField(null=True)
    revoked_at = fields.DatetimeField(null=True)

    class Meta:
        table = "api_keys"


@dataclass(frozen=True)
class NewKey:
    """A key just made: `secret` is shown this once, and None where the same request is answered again."""

    outcome: Outcome
    secret: str | None


async def create(*, by: Viewer, name: str) -> NewKey:
    """Make a key that acts for the viewer. Raises NotAllowed for a script."""
    by.require_session()
    token = new_token(KEY_PREFIX)
    outcome = await _create(by=by, name=clean(name, path="name", longest=LONGEST_NAME), token=Secret(token))
    made = await ApiKey.get(id=outcome.id)
    return NewKey(outcome, token if made.token_hash == hash_of(token) else None)


@verb
async def revoke(key_id: UUID, *, by: Viewer) -> Draft:
    """End a key: one's own, or as administrator anyone's."""
    owned = {} if by.is_administrator else {"user_id": by.user.id}
    key = await ApiKey.filter(account_id=by.account.id, id=key_id, **owned).select_for_update(no_key=True).first()
    if key is None:
        raise NotFound("key")
    draft = Draft(Kind.KEY_REVOKED, key, by=by)
    draft.change(key, revoked_at=key.revoked_at or await database.now())
    return draft


@verb
async def _create(*, by: Viewer, name: str, token: Secret) -> Draft:
    key = ApiKey(
        account_id=by.account.id, user_id=by.user.id, name=name, prefix=token.value[:SHOWN],
        token_hash=hash_of(token.value), created_at=await database.now(),
    )  # fmt: skip
    draft = Draft(Kind.KEY_CREATED, key, by=by)
    draft.add(key)
    draft.warnings.append(Advice(AdviceCode.SECRET_SHOWN_ONCE))
    return draft
