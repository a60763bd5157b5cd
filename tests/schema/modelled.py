"""Leads of every kind, and what filters and orders mean for them, said once more in plain Python."""

import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sales import pipelines
from sales.leads import Lead, Status
from sales.leads.create import Standing
from sales.money import Money
from sales.pipelines import Pipeline
from sales.pipelines.create import create as create_pipeline
from sales.reasons import Reason, archive
from sales.reminders import Reminder, ReminderState
from sales.reminders.decisions import set_reminder
from sales.statuses import close
from sales.steps import Step
from sales.teams import Membership, Team, add_member
from sales.teams import create as create_team
from sales.users import User
from sales.viewers import Viewer
from tests.api import id_of
from tests.factories import SOON, a_lead, a_user, an_account, steps_of

LEADS = 36
ZONE = ZoneInfo("Europe/Paris")
TITLES = ["Été", "ete 2", "Roof_1", "100% wool", "Zoë's barn", "x"]
DESCRIPTIONS = ["", "Slate\ntiles", "ÉTÉ", "a roof", "100 percent"]


@dataclass(frozen=True)
class Known:
    """A lead with what is known about it."""

    lead: Lead
    step: Step
    pipeline: Pipeline
    owner: User | None
    creator: User
    reason: Reason | None
    pending: list[datetime]
    due_at: datetime | None
    teams: dict[Any, set[str]]

    @property
    def probability(self) -> int | None:
        return self.step.probability if self.lead.probability is None else self.lead.probability

    @property
    def weighted(self) -> Decimal | None:
        return None if self.lead.amount is None else self.lead.amount * (self.probability or 0) / 100

    @property
    def next_reminder_at(self) -> datetime | None:
        return min(self.pending, default=None)

    def is_overdue(self, now: datetime) -> bool:
        return self.due_at is not None and self.due_at < now


@dataclass(frozen=True)
class World:
    """An account, its leads, and the ids that filters can name."""

    ada: Viewer
    leads: list[Known]
    ids: dict[str, list[str]]


async def a_world() -> World:
    """Always the same leads, but for the day."""
    ada, random = await an_account(), Random(7)
    ben, eve = await a_user(ada, name="ben"), await a_user(ada, name="Éve")
    for name, people in (("North", [ada, ben]), ("South", [ben])):
        team = await create_team(by=ada, name=name)
        for person in people:
            await add_member(team.id, by=ada, user_id=person.user.id)
    await create_team(by=ada, name="Empty")
    other = await create_pipeline(by=ada, name="Other", steps=[{"name": "One"}, {"name": "Two", "probability": 35}])
    steps = await steps_of(ada) + await Step.filter(pipeline_id=other.id).order_by("position")
    await Step.filter(id=steps[1].id).update(probability=60)
    reasons = await Reason.filter(account_id=ada.account.id).order_by("id")
    for _ in range(LEADS):
        people = {"creator": random.choice([ada, ben]), "owner": random.choice([ada, ben, eve, None])}
        await _a_lead(random, by=ada, step=random.choice(steps), reasons=reasons, **people)
    await archive(reasons[0].id, by=ada)
    return World(ada, await _known(ada), await _ids(ada))


async def _a_lead(
    random: Random, *, by: Viewer, creator: Viewer, owner: Viewer | None, step: Step, reasons: list[Reason]
) -> None:
    now = datetime.now(UTC)
    stands_by = random.random() < 0.3
    close_on = now.astimezone(ZONE).date() + timedelta(days=random.randrange(-40, 40))
    lead = await a_lead(
        creator,
        title=random.choice(TITLES),
        description=random.choice(DESCRIPTIONS),
        owner=owner,
        step=step,
        created_at=now - timedelta(days=random.randrange(1, 40)),
        standing=Standing(status=Status.STANDBY, until=SOON) if stands_by else Standing(),
        money=random.choice([None, Money(Decimal(random.randrange(4) * 50), random.choice(["EUR", "USD"]))]),
        probability=random.choice([None, None, 0, 35, 80]),
        expected_close_on=random.choice([None, close_on]),
    )
    for _ in range(random.randrange(3)):
        await set_reminder(lead.id, by=by, at=SOON)
    if not stands_by and random.random() < 0.5:
        status = random.choice([Status.WON, Status.LOST, Status.CANCELLED])
        fitting = [reason for reason in reasons if reason.status == status]
        await close(lead.id, by=by, status=status, reason_id=random.choice([None, fitting[0].id]))
    await Lead.filter(id=lead.id).update(
        is_starred=random.random() < 0.5,
        step_entered_at=now - timedelta(days=random.randrange(40), hours=1),
        status_changed_at=now - timedelta(days=random.randrange(40), hours=1),
    )
    for reminder in await Reminder.filter(lead_id=lead.id, state=ReminderState.PENDING).order_by("id"):
        due_at = now + timedelta(days=random.randrange(-5, 20), hours=1)
        fires = not reminder.wakes and due_at < now and random.random() < 0.7
        fired = {"state": ReminderState.FIRED, "fired_at": due_at} if fires else {}
        await Reminder.filter(id=reminder.id).update(due_at=due_at, notify_at=due_at, **fired)


async def _known(by: Viewer) -> list[Known]:
    account = by.account.id
    steps, users, reasons, every_pipeline = [
        {row.id: row for row in await model.filter(account_id=account)} for model in (Step, User, Reason, Pipeline)
    ]
    teams: dict[Any, set[str]] = {}
    for member in await Membership.filter(account_id=account):
        teams.setdefault(member.user_id, set()).add(f"team_{member.team_id}")
    found = []
    for lead in await Lead.filter(account_id=account).order_by("number"):
        reminders = await Reminder.filter(lead_id=lead.id)
        fired = [each.due_at for each in reminders if each.state == ReminderState.FIRED]
        waking = [each.due_at for each in reminders if each.id == lead.waking_reminder_id]
        step = steps[lead.step_id]
        found.append(
            Known(
                lead, step, every_pipeline[step.pipeline_id], users.get(lead.owner_id), users[lead.created_by_id],
                reasons.get(lead.reason_id), [e.due_at for e in reminders if e.state == ReminderState.PENDING],
                max(waking if lead.waking_reminder_id else fired, default=None), teams,
            )
        )  # fmt: skip
    return found


async def _ids(by: Viewer) -> dict[str, list[str]]:
    models = {"step": Step, "pipeline": pipelines.Pipeline, "user": User, "reason": Reason, "team": Team}
    return {
        word: [id_of(row) for row in await model.filter(account_id=by.account.id).order_by("id")]
        for word, model in models.items()
    }


def plain(text: str) -> str:
    """Small letters without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).lower()


def fits(known: Known, filter: dict[str, Any], now: datetime) -> bool:
    """Whether a filter, as clients write it, finds a lead."""
    return all(_one(known, name, each, now) for name, each in filter.items() if each is not None)


def _one(known: Known, name: str, value: Any, now: datetime) -> bool:
    lead = known.lead
    match name:
        case "and":
            return all(fits(known, each, now) for each in value)
        case "or":
            return any(fits(known, each, now) for each in value)
        case "not":
            return not fits(known, value, now)
        case "isStarred":
            return lead.is_starred is value
        case "isOverdue":
            return known.is_overdue(now) is value
        case "hasNextReminder":
            return bool(known.pending) is value
        case "title" | "description":
            return _text(plain(getattr(lead, name)), value)
        case "text":
            return plain(value) in plain(f"{lead.title}\n{lead.description}")
        case "owner" | "createdBy":
            return _person(known.owner if name == "owner" else known.creator, value, known.teams)
        case "step":
            ids = (_id(known.step), value.get("id")), (_id(known.pipeline), value.get("pipelineId"))
            return all(_compared(id, each) for id, each in ids)
        case "pipeline":
            return _compared(_id(known.pipeline), value.get("id"))
        case "reason":
            return _compared(_id(known.reason), {**(value.get("id") or {}), **_is_null(value)})
        case "status":
            return _compared(lead.status.value, value)
        case "amount":
            return _compared(lead.amount, value, Decimal)
        case "expectedCloseOn":
            return _compared(lead.expected_close_on, value, lambda day: _day(day, now))
    moments = {
        "due": known.next_reminder_at, "createdAt": lead.created_at, "closedAt": lead.closed_at,
        "statusChangedAt": lead.status_changed_at, "stepEnteredAt": lead.step_entered_at,
    }  # fmt: skip
    if name in moments:
        return _compared(moments[name], value, lambda instant: _instant(instant, now))
    return _compared({"probability": known.probability}.get(name, getattr(lead, name)), value)


def _compared(value: Any, filter: dict[str, Any] | None, read: Any = lambda given: given) -> bool:
    return all(_part(value, name, each, read) for name, each in (filter or {}).items() if each is not None)


def _part(value: Any, name: str, given: Any, read: Any) -> bool:
    match name:
        case "isNull":
            return (value is None) is given
        case "ne":
            return value is None or value != read(given)
        case "in":
            return value in [read(each) for each in given]
        case "notIn":
            return value not in [read(each) for each in given]
    signs = {"eq": "__eq__", "lt": "__lt__", "lte": "__le__", "gt": "__gt__", "gte": "__ge__"}
    return value is not None and getattr(value, signs[name])(read(given)) is True


def _text(text: str, filter: dict[str, Any]) -> bool:
    words = {"contains": str.__contains__, "startsWith": str.startswith}
    own = {name: each for name, each in filter.items() if name not in words}
    return _compared(text, own, plain) and all(
        words[name](text, plain(each)) for name, each in filter.items() if name in words and each is not None
    )


def _person(person: User | None, filter: dict[str, Any], teams: dict[Any, set[str]]) -> bool:
    mine = teams.get(person.id, set()) if person else set()
    of_team = [
        _team(mine, name, given)
        for name, given in ((filter.get("team") or {}).get("id") or {}).items()
        if given is not None
    ]
    return all(of_team) and _compared(_id(person), {**(filter.get("id") or {}), **_is_null(filter)})


def _team(mine: set[str], name: str, given: Any) -> bool:
    match name:
        case "isNull":
            return (not mine) is given
        case "eq":
            return given in mine
        case "ne":
            return given not in mine
    return bool(mine & {*given}) is (name == "in")


def _is_null(filter: dict[str, Any]) -> dict[str, Any]:
    return {"isNull": filter["isNull"]} if filter.get("isNull") is not None else {}


def _id(row: Any) -> str | None:
    return id_of(row) if row else None


def _instant(given: dict[str, Any], now: datetime) -> datetime:
    [(name, value)] = given.items()
    match name:
        case "at":
            return datetime.fromisoformat(value)
        case "startOf":
            start = _start(now.astimezone(ZONE).date(), value)
            return datetime(start.year, start.month, start.day, tzinfo=ZONE)
    return now + _days(value) if name == "ahead" else now - _days(value)


def _day(given: dict[str, Any], now: datetime) -> date:
    [(name, value)] = given.items()
    today = now.astimezone(ZONE).date()
    match name:
        case "on":
            return date.fromisoformat(value)
        case "startOf":
            return _start(today, value)
        case "endOf":
            later = {"DAY": 1, "WEEK": 7, "MONTH": 31, "QUARTER": 95, "YEAR": 366}[value]
            return _start(_start(today, value) + timedelta(days=later), value) - timedelta(days=1)
    return today + _days(value) if name == "ahead" else today - _days(value)


def _start(day: date, period: str) -> date:
    match period:
        case "DAY":
            return day
        case "WEEK":
            return day - timedelta(days=day.weekday())
        case "MONTH":
            return day.replace(day=1)
        case "QUARTER":
            return day.replace(day=1, month=(day.month - 1) // 3 * 3 + 1)
    return day.replace(day=1, month=1)


def _days(duration: str) -> timedelta:
    return timedelta(days=int(duration.strip("PD")))
