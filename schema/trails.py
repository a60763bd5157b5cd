"""Trails: every stage of a reminder, a notification or a delivery with its instant.

The stages are rows (at, place, kind, told) that one statement puts together; `place` orders those of one instant.
"""

from datetime import datetime
from typing import Any

import strawberry

import reads
from reads import Row, Run
from sales.deliveries import Delivery, DeliveryAttempt
from sales.journal import Event
from sales.leads import Lead
from sales.reminders import Reminder
from sales.trails import AnyNotification, TrailKind, sentence
from sales.users import User
from schema.rights import is_administrator, me
from schema.words import described

described(
    TrailKind,
    "A stage on the way of what is told. Kinds are appended: treat an unknown one by its text.",
    HAPPENED="It happened: the event was written down.",
    SET="The reminder was set.",
    MOVED="It got another moment.",
    SNOOZED="It was put off.",
    DUE="Its moment came.",
    FIRED="The clock fired it.",
    TOLD="It was worked out who is told.",
    HELD="It was held back until a moment.",
    JOINED="It joined a digest; what becomes of that becomes of it.",
    SHOWN="It could be seen in the inbox.",
    QUEUED="It was to go out by a channel.",
    SENDING="An attempt has begun and not ended.",
    REFUSED="An attempt was refused, and another one follows unless it was the last.",
    REJECTED="An attempt was refused for good.",
    GONE="An attempt found that there is nobody any more.",
    AMBIGUOUS="An attempt broke off; it may have arrived.",
    INTERRUPTED="An attempt ended before anything was sent.",
    DELIVERED="The receiver took it.",
    DEAD="It was given up.",
    REPLAYED="Somebody sent it on its way again.",
    READ="Its reader read it.",
    DONE="What it asked for is done.",
    CALLED_OFF="It was called off: there was nothing left to tell.",
)


async def _say(run: Run, stages: list[Any]) -> list[Any]:
    return [sentence("trail", kind, told, reader=run.who.user) for kind, told in stages]


@strawberry.type(description="A stage on the way of something that is told.")
class TrailStage:
    at: datetime = strawberry.field(description="When. Never null.")
    kind: TrailKind = strawberry.field(
        description="What. Never null.", metadata=reads.computed(lambda stage: stage.kind)
    )
    text: str = strawberry.field(
        description="The same in one sentence, in your language. Never null.",
        metadata=reads.finished(lambda stage: f"jsonb_build_array({stage.kind}, {stage.told})::text", _say),
    )


def _by_time(stage: Row) -> str:
    return f"{stage.at}, {stage.place}, {stage.told}::text"


def _union(parts: list[str], *, condition: str = "true") -> str:
    return f"(select * from ({' union all '.join(parts)}) s where {condition})"


def is_own(reminder: Row) -> str:
    """Whether a reminder is the viewer's own, or the viewer an administrator."""
    who = me(reminder)
    owned = f"exists (select from {reminder.rows_of(Lead)} l where l.id = {reminder.lead_id} and l.owner_id = {who})"
    own = f"{reminder.user_id} = {who} or ({reminder.user_id} is null and {owned})"
    return f"({is_administrator(reminder)} or {own})"


def _decided(row: Row, reminder: str, lead: str) -> str:
    """What people decided about a reminder: from the journal, whether it was the subject or came along."""
    name = f"(select u.name from {row.rows_of(User)} u where u.id = e.actor_id)"
    return f"""
      select coalesce((c.c #>> '{{ended_at,1}}')::timestamptz, (c.c #>> '{{created_at,1}}')::timestamptz,
          e.happened_at) as at, 1 as place, k.kind,
        jsonb_build_object('actor', {name}, 'until', coalesce(c.c #>> '{{due_at,1}}', e.changes #>> '{{due_at,1}}'))
          as told
      from {row.rows_of(Event)} e
      cross join lateral (select case when e.subject_id = {reminder} then e.changes
        else e.changes #> array['reminders', {reminder}::text] end as c) c
      cross join lateral (select case
        when c.c #>> '{{state,1}}' = 'FIRED' then null
        when c.c ? 'due_at' and c.c #>> '{{due_at,0}}' is null then 'SET'
        when e.kind = 'reminder.snoozed' then 'SNOOZED'
        when c.c #>> '{{state,1}}' = 'DONE' then 'DONE'
        when c.c #>> '{{state,1}}' = 'CANCELLED' then 'CALLED_OFF'
        when c.c ? 'due_at' then 'MOVED' end as kind) k
      where e.lead_id = {lead} and c.c is not null and k.kind is not null"""


def _rang(row: Row, reminder: str) -> list[str]:
    """Its moment, and the clock."""
    rows = f"{row.rows_of(Reminder)} r where r.id = {reminder}"
    late = "jsonb_build_object('late', extract(epoch from r.fired_at - greatest(r.due_at, r.created_at)))"
    return [
        f"""select greatest(r.due_at, r.created_at), 2, 'DUE', '{{}}'::jsonb from {rows}
          and (r.fired_at is not null or (r.state = 'PENDING' and r.due_at <= now()))""",
        f"select r.fired_at, 3, 'FIRED', {late} from {rows} and r.fired_at is not null",
    ]


def _told(row: Row, condition: str) -> list[str]:
    """Whom it was told, in the inbox and by which deliveries; `condition` is about a notification `n`."""
    # A dispatch that began before an event was written may still have read it.
    happened = f"(select e.at from {row.rows_of(Event)} e where e.position = n.position)"
    rows = f"""(select n.*, greatest(n.created_at, {happened}) as told_at,
      (select u.name from {row.rows_of(User)} u where u.id = n.user_id) as reader
      from {row.rows_of(AnyNotification)} n where {condition}) n"""
    reader = "jsonb_build_object('reader', n.reader"
    shown = "greatest(n.visible_at, n.told_at)"
    held = f"{reader}, 'channel', 'INBOX', 'until', n.visible_at)"
    return [
        f"select n.told_at, 4, 'TOLD', {reader}) from {rows}",
        f"select n.told_at, 5, 'HELD', {held} from {rows} where n.in_app and n.visible_at > n.created_at",
        f"""select {shown}, 6, 'SHOWN', {reader}) from {rows}
          where n.in_app and n.visible_at <= now() and n.cancelled_at is null""",
        f"select n.read_at, 9, 'READ', {reader}) from {rows} where n.read_at is not null",
        f"""select greatest(n.cancelled_at, n.told_at), 9, 'CALLED_OFF', jsonb_build_object('channel', 'INBOX')
          from {rows} where n.cancelled_at is not null and n.in_app""",
        *_sent(row, f"select d.* from {rows} join {row.rows_of(Delivery)} d on d.notification_id = n.id"),
    ]


def _sent(row: Row, deliveries: str) -> list[str]:
    """How deliveries went; `deliveries` selects them. What is in a digest goes as the message of that goes."""
    # Not before the event that it tells of was written.
    happened = f"(select e.at from {row.rows_of(Event)} e where e.position = d.position)"
    rows = f"""(select d.id, d.channel, d.held_because, greatest(d.created_at, {happened}) as told_at,
      coalesce(m.held_until, d.held_until, case when d.state = 'PENDING' and d.attempt = 0 and d.next_at > now()
        then d.next_at end) as held,
      case when m.id is not null then 'JOINED' when d.held_until > d.created_at
        or d.state = 'PENDING' and d.attempt = 0 and d.next_at > now() then 'HELD' else 'QUEUED' end as begins,
      case when d.state = 'JOINED' then m.state else d.state end as state,
      case when d.state = 'JOINED' then m.done_at else d.done_at end as done_at,
      case when d.state = 'JOINED' then m.last_error else d.last_error end as last_error,
      case when m.id is null or d.state <> 'CANCELLED' then coalesce(m.replayed_at, d.replayed_at) end as replayed_at,
      coalesce(m.id, d.id) as sent_as, case when m.id is not null and d.state = 'CANCELLED' then d.done_at end as out_at
      from ({deliveries}) d left join {row.rows_of(Delivery)} m
        on m.digest_id = d.digest_id and m.notification_id is null and d.notification_id is not null) d"""
    outcomes = (
        "case coalesce(a.outcome, 'SENDING') when 'SENT' then 'DELIVERED' else coalesce(a.outcome, 'SENDING') end"
    )
    channel = "jsonb_build_object('channel', d.channel"
    held = f"{channel}, 'until', d.held, 'because', d.held_because)"
    tried = f"{channel}, 'number', a.attempt, 'status', a.status, 'error', coalesce(a.error, a.status::text))"
    return [
        f"select d.told_at, 7, d.begins, {held} from {rows}",
        f"""select coalesce(a.ended_at, a.transmitting_at, a.claimed_at), 8, {outcomes}, {tried}
          from {rows} join {row.rows_of(DeliveryAttempt)} a on a.delivery_id = d.sent_as
          where d.out_at is null or a.claimed_at < d.out_at""",
        f"select d.done_at, 9, 'DEAD', {channel}, 'error', d.last_error) from {rows} where d.state = 'DEAD'",
        f"""select greatest(d.done_at, d.told_at), 9, 'CALLED_OFF', {channel}) from {rows}
          where d.state = 'CANCELLED'""",
        f"select d.replayed_at, 9, 'REPLAYED', {channel}) from {rows} where d.replayed_at is not null",
    ]


def _of_reminder(row: Row) -> str:
    parts = [_decided(row, row.id, row.lead_id), *_rang(row, row.id), *_told(row, f"n.reminder_id = {row.id}")]
    return _union(parts, condition=is_own(row))


def _of_notification(row: Row) -> str:
    parts = [_decided(row, row.reminder_id, row.lead_id), *_rang(row, row.reminder_id)]
    name = f"(select u.name from {row.rows_of(User)} u where u.id = e.actor_id)"
    happened = f"""select e.at, 1, 'HAPPENED', jsonb_build_object('actor', {name}) from {row.rows_of(Event)} e
      where e.position = {row.position} and {row.reminder_id} is null"""
    return _union([*parts, happened, *_told(row, f"n.id = {row.id}")])


def _of_delivery(row: Row) -> str:
    columns = "null::timestamptz as at, 0 as place, null::text as kind, null::jsonb as told"
    return _union(
        [
            f"select {columns} where false",
            *_sent(row, f"select d.* from {row.rows_of(Delivery)} d where d.id = {row.id}"),
        ]
    )


_TRAIL = "Every stage so far, in order of time. "

REMINDER_TRAIL = strawberry.field(
    graphql_type=list[TrailStage],
    description=_TRAIL + "Empty when the reminder is somebody else's and you are no administrator. Never null.",
    metadata=reads.derived(_of_reminder, order=_by_time),
)
NOTIFICATION_TRAIL = strawberry.field(
    graphql_type=list[TrailStage],
    description=_TRAIL + "Never null.",
    metadata=reads.derived(_of_notification, order=_by_time),
)
DELIVERY_TRAIL = strawberry.field(
    graphql_type=list[TrailStage],
    description=_TRAIL + "Never null.",
    metadata=reads.derived(_of_delivery, order=_by_time),
)
