"""Accounts in which a good deal has happened, also what no verb lets in."""

from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sales import clock, database, feeds, keys, pipelines, reasons, statuses, steps, views
from sales.accounts import Account
from sales.deliveries import Replay
from sales.deliveries.decisions import Dead, replay_all
from sales.endpoints import Endpoint, EndpointKind
from sales.leads import Lead, Status
from sales.leads.create import Placement, Standing, create
from sales.leads.edit import LeadFields, edit, star
from sales.leads.owners import assign
from sales.moments import After, Local, On
from sales.money import Money
from sales.notifications import Notification
from sales.pipelines import Pipeline
from sales.pipelines import create as new_pipelines
from sales.reasons import Reason
from sales.reminders import decisions as reminders
from sales.steps import Guard, Step
from sales.viewers import Viewer
from sales.views import Layout, LeadColumn
from sales.watches import Attention, attend
from tests.api import id_of
from tests.turning import dispatch_all

ODD = (
    'Été "d’Ève" \\ done', "Straße №1", "O'Neill & Söhne <b>", "屋根 🏠", "100% {} $1 %s", "E\u0301tage", "plain",
    "\u2028line\u2029end\u00a0",
)  # fmt: skip
STORED = "a\x01b\x1f\x7f\t\n\r\x08\x0c\u2028\ufeff\U0001f469\u200d\U0001f680\\u0041/"
"""What no verb lets in, and other programs may have written all the same."""
LEADS_EACH = 4
NEXT_WEEK = After(timedelta(days=7))


async def furnish(people: list[Viewer]) -> dict[UUID, str]:
    """An account in which a good deal has happened; gives its leads' tags."""
    admin, tags = people[0], {}
    second = await new_pipelines.create(
        by=admin, name="After sales", steps=[
            {"name": "Call", "probability": 40, "expected_dwell": timedelta(hours=25)},
            {"name": "Old", "probability": None}, {"name": "Older", "probability": 5},
        ],
    )  # fmt: skip
    gone = await new_pipelines.create(by=admin, name="Gone", steps=[{"name": "Nothing"}])
    await pipelines.archive(gone.id, by=admin)
    every = await Step.filter(account_id=admin.account.id, pipeline_id__not=gone.id).order_by("pipeline_id", "position")
    old, older = (next(step for step in every if step.name == name) for name in ("Old", "Older"))
    [reason, *_] = await Reason.filter(account_id=admin.account.id, status=Status.WON)
    for n, owner in enumerate([each for each in [*people, None] for _ in range(LEADS_EACH)]):
        tag = f"tag{admin.account.id.hex[-6:]}x{n:02}x"
        lead = await create(
            by=admin,
            fields=LeadFields(
                title=f"{ODD[n % len(ODD)].strip()} {tag}",
                description=f"{ODD[-1 - n % len(ODD)]}\n{tag}" if n % 3 else "",
                money=Money(Decimal("12.5") * n * 2 ** (n % 2), ("", "JPY", "EUR", "TND")[n % 4]) if n % 4 else None,
                probability=n * 5 % 101 if n % 2 else None,
                expected_close_on=date(2027, 1, 1 + n % 3) if n % 5 else None,
            ),
            owner_id=owner.user.id if owner else None,
            placement=Placement(step_id=every[n % len(every)].id),
            standing=_standing(n, reason),
        )
        tags[lead.id] = tag
        await _live(lead.id, n, admin, people, tag)
    await steps.edit(every[0].id, by=admin, fields={"guards": [Guard.OWNER, Guard.AMOUNT]})
    await steps.archive(old.id, by=admin)
    await steps.archive(older.id, by=admin)
    await statuses.take_up((await Lead.filter(account_id=admin.account.id, status="STANDBY").first()).id, by=admin)  # type: ignore[union-attr]
    [*_, last_reason] = await Reason.filter(account_id=admin.account.id)
    await reasons.archive(last_reason.id, by=admin)
    for n, person in enumerate(people):
        await keys.create(by=person, name=f"Script {n}")
        replay = await replay_all(by=person, dead=Dead())
        await Replay.filter(id=replay.id).update(state="DONE", ended_at=await database.now())
        await feeds.create(by=person, name=f"Phone {n}")
        for whose, kind in ((person.user.id, "WEB_PUSH"), (person.user.id, "SLACK"), (None, "TEAMS")):
            await Endpoint.create(
                account_id=person.account.id, user_id=whose, kind=EndpointKind(kind), name=f"{ODD[n % 4]} {n}",
                address="sealed", shown="https://example.com", created_at=person.user.created_at,
            )  # fmt: skip
        await _look_with_views(person, n, second.id, last_reason)
        await attend(Pipeline, second.id, by=person, attention=Attention.WATCHED)
        await attend(Step, every[n % len(every)].id, by=person, attention=list(Attention)[n % 2])
    return tags


def _standing(n: int, reason: Reason) -> Standing:
    match n % 5:
        case 1:
            return Standing(Status.STANDBY, until=NEXT_WEEK, note="wait", activity="Call")
        case 2:
            return Standing(Status.WON, reason_id=reason.id if n % 2 else None)
        case 3 if n % 2:
            return Standing(Status.LOST)
        case 4 if n % 2:
            return Standing(Status.CANCELLED)
    return Standing()


async def _live(lead_id: UUID, n: int, admin: Viewer, people: list[Viewer], tag: str) -> None:
    """What happens to a lead later on."""
    moments = (NEXT_WEEK, On(date(2030, 1, 1)), Local(date(2030, 3, 31), time(2, 30), "Europe/Paris"))
    made = [
        await reminders.set_reminder(lead_id, by=admin, at=moments[(n + each) % 3], activity="Call", note=tag)
        for each in range(n % 4)
    ]
    if n % 4 == 3:
        await reminders.done(made[0].id, by=admin)
        await reminders.cancel(made[1].id, by=admin)
    if n % 3 == 0:
        await edit(lead_id, by=admin, fields=LeadFields(title=f"Roof {n % 4} {tag}"))
        await star(lead_id, by=admin)
    if n % 6 == 0:
        lead = await Lead.get(id=lead_id)
        await assign(lead_id, by=admin, owner_id=people[n % len(people)].user.id)
        await assign(lead_id, by=admin, owner_id=lead.owner_id)


async def _look_with_views(person: Viewer, n: int, pipeline_id: UUID, reason: Reason) -> None:
    filters: list[dict[str, Any]] = [
        {},
        {"status": {"in": ["TODO", "STANDBY"]}, "pipeline": {"id": {"eq": f"pipeline_{pipeline_id}"}}},
        {"owner": {"id": {"eq": id_of(person.user)}}, "text": "roof"},
        {"step": {"id": {"eq": f"step_{UUID(int=n)}"}}},
    ]
    for kept, filter in enumerate(filters[: 2 + n % 2 * 2]):
        await views.create(by=person, fields={
            "name": f"{ODD[n % 4]} {kept}", "layout": Layout.TABLE, "lead_filter": filter,
            "order_by": [{"field": "AMOUNT", "direction": "DESC", "nulls": "LAST"}] if n % 2 else [],
            "columns": [LeadColumn.TITLE, LeadColumn.AMOUNT] if n % 2 else [], "is_shared": bool(filter) and n == 0,
        })  # fmt: skip


async def store_past_the_verbs(by: Viewer) -> None:
    """Texts that other programs wrote into the tables, and people whom nobody finds any more."""
    for table, column in (("leads", "title"), ("leads", "description"), ("reminders", "note"), ("steps", "name")):
        await database.fetch(
            f"update {table} set {column} = {column} || $2 where account_id = $1 and id in "
            f"(select id from {table} where account_id = $1 order by id limit 2) returning 1",
            by.account.id, STORED,
        )  # fmt: skip
    await database.fetch(
        "update users set deactivated_at = now() where account_id = $1 and name = 'Dan' returning 1", by.account.id
    )


async def let_time_pass(accounts: list[Account]) -> None:
    """Some reminders come due and fire, and people are told of what happened."""
    among = [account.id for account in accounts]
    await database.fetch(
        "update reminders set due_at = now() - interval '30 hours', notify_at = now() - interval '29 hours' "
        "where account_id = any($1) and state = 'PENDING' and local_date is null "
        "and id in (select id from reminders where account_id = any($1) order by md5(note || account_id) limit 25) "
        "returning 1",
        among,
    )
    await clock.fire_due()
    await dispatch_all()
    for account in accounts:
        told = await Notification.filter(account_id=account.id).order_by("id")
        await Notification.filter(id__in=[each.id for each in told[::3]]).update(read_at=account.created_at)
        await Notification.filter(id__in=[each.id for each in told[::5]]).update(archived_at=account.created_at)
