"""Bounces: e-mails that came back, and what follows: nothing more goes to an address that doesn't exist."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from sales import database
from sales.deliveries.settling import in_one_line
from sales.unsubscribing import unsubscribe
from sales.users import User

_DELIVERY: Final = re.compile(r"\bdlv_([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?=@)")


class BounceType(StrEnum):
    """HARD: for good; SOFT: for now, and the mail server tries again; COMPLAINT: its reader called it spam."""

    HARD = "hard"
    SOFT = "soft"
    COMPLAINT = "complaint"


@dataclass(frozen=True)
class Bounce:
    """What a mail provider tells: of which message, or to which address (VERP: that it came back to), and why."""

    type: BounceType
    message_id: str | None = None
    recipient: str | None = None
    reason: str = ""


async def bounced(bounce: Bounce) -> bool:
    """Do what follows from it; False where nobody knows the message or the address. Safe to call twice."""
    delivery, address = _delivery_of(bounce), bounce.recipient
    if address is not None and (_DELIVERY.search(address) or "\0" in address):
        address = None  # ours, of the envelope; or none that anybody could have
    people = await database.fetch(_WHOSE, delivery, address)
    if not people:
        return False
    account_id, user_id = people[0]["account_id"], people[0]["id"]
    words = in_one_line(f"{bounce.type} bounce: {bounce.reason}").removesuffix(":")
    if delivery is not None:
        await database.fetch(_NOTE, delivery, words, bounce.type == BounceType.HARD)
    if bounce.type == BounceType.HARD:
        await database.fetch(_HOLD, account_id, user_id, address)
    if bounce.type == BounceType.COMPLAINT:
        await unsubscribe(await User.get(id=user_id), None)
    return True


def _delivery_of(bounce: Bounce) -> UUID | None:
    found = _DELIVERY.search(bounce.message_id or "") or _DELIVERY.search(bounce.recipient or "")
    return UUID(found[1]) if found else None


_WHOSE: Final = """
select u.account_id, u.id from users u
where exists (select from deliveries d where d.id = $1 and d.channel = 'EMAIL'
    and d.account_id = u.account_id and d.user_id = u.id)
  or ($1::uuid is null and lower(u.email) = lower($2))
"""

# The message of a digest that came back keeps what is in it, as any that was given up.
_NOTE: Final = """
with message as (
  update deliveries set last_error = $2,
    state = case when $3 then 'DEAD' else state end, lease = case when $3 then null else lease end,
    done_at = case when $3 then coalesce(done_at, now()) else done_at end
  where id = $1 and channel = 'EMAIL' and state <> 'CANCELLED'
  returning account_id, case when notification_id is null then digest_id end as digest_id)
update deliveries d set state = 'JOINED', done_at = null from message m
where $3 and d.account_id = m.account_id and d.digest_id = m.digest_id and d.notification_id is not null
  and d.state = 'SENT' returning 1
"""

# An address that was changed meanwhile is not the one that bounced.
_HOLD: Final = """
with held as (
  update users set email_bounced_at = now()
  where account_id = $1 and id = $2 and email_bounced_at is null and lower(email) = lower(coalesce($3, email))
  returning email_bounced_at),
head as (
  update journal_heads set position = position + 1, last_at = greatest(last_at, clock_timestamp())
  where account_id = $1 and exists (select from held) returning position, last_at)
insert into journal (account_id, position, kind, at, happened_at, actor, subject_id, changes, private, data)
select $1, h.position, 'user.email_bounced', h.last_at, h.last_at, 'CLOCK', $2,
  jsonb_build_object('email_bounced_at', jsonb_build_array(null, to_jsonb(now()))), '{}', '{}'
from head h returning position
"""
