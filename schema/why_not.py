"""Why something was not delivered: one code and one sentence, of all reasons the one that counts most."""

from datetime import datetime
from typing import Any

import strawberry

import reads
from reads import Row, Run
from reads.written import literal
from sales.deliveries import Delivery, rates
from sales.deliveries.rates import ProviderRate
from sales.journal import DispatchCursor, Event
from sales.trails import AnyNotification, Line, WhyNot, sentence
from schema.trails import is_own
from schema.words import described

described(
    WhyNot,
    "Why something was not delivered. Codes are appended: treat an unknown one by its text.",
    name="WhyNotDeliveredCode",
    CALLED_OFF="It was called off before.",
    NOT_DUE="Its moment is still to come.",
    SET_ASIDE="The clock could not fire it and set it aside; an operator has to look.",
    DEAD="It was given up.",
    AMBIGUOUS="It was given up because it may have arrived, and would arrive again.",
    ENDPOINT_DISABLED="Where it goes is switched off.",
    ENDPOINT_PAUSED="Where it goes has failed again and again, and is spared for a while.",
    RETRYING="An attempt has failed, and the next one waits for its time.",
    HELD="It is held back until a moment.",
    RATE_LIMITED="It is due, and so many messages a minute are sent there, or by its channel, that it waits for its "
    "moment.",
    PENDING="It is due, and its turn comes.",
    SENDING="It is on its way this very moment.",
    NOT_WANTED="It was called off at the last look: the channel was turned off meanwhile, or its person left.",
    DELIVERED="It was delivered.",
    CHANNEL_OFF="It is in the inbox, and was to leave the application by no channel.",
    NO_CHANNEL="There was nobody to tell, or no way to.",
)

_FREE_AT = rates.FREE_AT.format(endpoint="e", provider="p")
_FATES = f"""
  case when d.state = 'SENT' then 'DELIVERED' when d.state = 'CANCELLED' then 'NOT_WANTED'
    when d.state = 'DEAD' and d.ambiguous > 0 and d.last_error like 'ambiguous%' then 'AMBIGUOUS'
    when d.state = 'DEAD' then 'DEAD'
    when e.disabled_at is not null then 'ENDPOINT_DISABLED'
    when d.lease is not null and d.next_at > now() then 'SENDING'
    when d.attempt = d.earlier_attempts and d.next_at > now() then 'HELD'
    when e.paused_until > now() then 'ENDPOINT_PAUSED'
    when d.next_at > now() then 'RETRYING'
    when {_FREE_AT} > now() then 'RATE_LIMITED' else 'PENDING' end as code,
  case when d.state = 'PENDING' and greatest(d.next_at, e.paused_until, {_FREE_AT}) > now()
    then greatest(d.next_at, e.paused_until, {_FREE_AT}) end as until,
  d.last_error as error, d.attempt as number, d.channel, d.held_because as because
"""


async def _explain(run: Run, reasons: list[Any]) -> list[Any]:
    return [sentence("why", code, told, reader=run.who.user) for code, told in reasons]


@strawberry.type(description="Why something has not been delivered, or that it has.")
class WhyNotDelivered:
    code: WhyNot = strawberry.field(
        description="For programs. Never null.", metadata=reads.computed(lambda why: why.code)
    )
    until: datetime | None = strawberry.field(description="When that ends or is tried next; null: nothing is to come.")
    text: str = strawberry.field(
        description="For the person who asks, in one sentence, in their language. Never null.",
        metadata=reads.finished(
            lambda why: (
                f"jsonb_build_array({why.code}, jsonb_build_object('until', {why.until}, 'error', {why.error}, "
                f"'number', {why.number}, 'channel', {why.channel}, 'because', {why.because}))::text"
            ),
            _explain,
        ),
    )


def _fates(row: Row, deliveries: str) -> str:
    """The reason of each delivery that `deliveries` selects; of what is in a digest that of its message."""
    return f"""select {_FATES} from ({deliveries}) o cross join lateral (
        select o.* where o.state <> 'JOINED'
        union all select m.* from {row.rows_of(Delivery)} m
          where o.state = 'JOINED' and m.digest_id = o.digest_id and m.notification_id is null) d
      left join {row.rows_of(Line)} e on e.id = d.endpoint_id
      left join {row.rows_of(ProviderRate)} p on p.provider = {rates.PROVIDER.format(endpoint="e")}"""


def _of_notifications(row: Row, condition: str) -> str:
    """The reasons of notifications `n`: their own, those of their deliveries, and that there are none."""
    rows = f"(select n.* from {row.rows_of(AnyNotification)} n where {condition}) n"
    none = f"not exists (select from {row.rows_of(Delivery)} d where d.notification_id = n.id)"
    where_off = "case when n.in_app then 'CHANNEL_OFF' else 'NO_CHANNEL' end"
    rest = "null::text, null::int, 'INBOX', null::text"
    return f"""
      select 'CALLED_OFF' as code, null::timestamptz as until, {rest} from {rows} where n.cancelled_at is not null
      union all select 'HELD', n.visible_at, {rest} from {rows}
        where n.visible_at > now() and n.cancelled_at is null
      union all {_fates(row, f"select d.* from {rows} join {row.rows_of(Delivery)} d on d.notification_id = n.id")}
      union all select {where_off}, null, {rest} from {rows}
        where {none} and n.cancelled_at is null and n.visible_at <= now()"""


def _first(reasons: str, *, condition: str = "true") -> str:
    """The reason that counts most."""
    codes = ", ".join(literal(str(code)) for code in WhyNot)
    columns = "w (code, until, error, number, channel, because)"
    return (
        f"(select w.* from ({reasons}) {columns} where {condition} "
        f"order by array_position(array[{codes}]::text[], w.code), w.until limit 1)"
    )


def _why_not_reminder(row: Row) -> str:
    fired = f"""select e.position from {row.rows_of(Event)} e
      where e.lead_id = {row.lead_id} and e.subject_id = {row.id} and e.kind = 'reminder.fired' limit 1"""
    is_behind = f"coalesce((select c.dispatched from {row.rows_of(DispatchCursor)} c) < ({fired}), false)"
    told = f"exists (select from {row.rows_of(AnyNotification)} n where n.reminder_id = {row.id})"
    own = f"""case
      when {row.state} = 'CANCELLED' or ({row.state} = 'DONE' and {row.fired_at} is null) then 'CALLED_OFF'
      when {row.state} = 'PENDING' and {row.set_aside_at} is not null then 'SET_ASIDE'
      when {row.state} = 'PENDING' and {row.due_at} > now() then 'NOT_DUE'
      when {row.state} = 'PENDING' or ({is_behind} and not {told}) then 'PENDING'
      when not {told} then 'NO_CHANNEL' end"""
    itself = f"""select o.code, case when o.code = 'NOT_DUE' then {row.due_at} end, null::text, null::int, 'INBOX',
      null::text from (select {own} as code) o where o.code is not null"""
    return _first(f"{itself} union all {_of_notifications(row, f'n.reminder_id = {row.id}')}", condition=is_own(row))


WHY_NOT_REMINDER = strawberry.field(
    graphql_type=WhyNotDelivered | None,
    description="Why nobody has been told yet, or not by every channel. Null when the reminder is somebody else's and "
    "you are no administrator.",
    metadata=reads.only(_why_not_reminder),
)
WHY_NOT_NOTIFICATION = strawberry.field(
    graphql_type=WhyNotDelivered | None,
    description="Why it has not left the application by every channel. Null nowhere that you can see it.",
    metadata=reads.only(lambda row: _first(_of_notifications(row, f"n.id = {row.id}"))),
)
WHY_NOT_DELIVERY = strawberry.field(
    graphql_type=WhyNotDelivered | None,
    description="Why it has not arrived. Null nowhere that you can see it.",
    metadata=reads.only(
        lambda row: _first(_fates(row, f"select d.* from {row.rows_of(Delivery)} d where d.id = {row.id}"))
    ),
)
