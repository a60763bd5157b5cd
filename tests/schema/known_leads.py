"""An account with leads of every kind, and what is known about each."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
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
from tests.api import Client, id_of
from tests.factories import SOON, a_lead, a_user, an_account, steps_of

LEADS = 36
ZONE = ZoneInfo("Europe/Paris")
TITLES = ["Été", "ete 2", "Roof_1", "100% wool", "Zoë's barn", "x"]
DESCRIPTIONS = ["", "Slate\ntiles", "ÉTÉ", "a roof", "100 percent"]

FOUND = """query ($filter: LeadFilter) {
  leads(filter: $filter, orderBy: [{ field: TITLE }]) { totalCount nodes { title } }
  leadTotals(filter: $filter) { count }
  pipeline { board(filter: $filter, statuses: [TODO, STANDBY, WON, LOST, CANCELLED]) { columns { count } } }
}"""


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


async def found(client: Client, filter: dict[str, Any]) -> list[str]:
    """The titles that a filter finds; list, totals and board agree on how many these are."""
    answer = await client.ask(FOUND, filter=filter)
    titles = [node["title"] for node in answer["leads"]["nodes"]]
    columns = answer["pipeline"]["board"]["columns"]
    assert answer["leads"]["totalCount"] == answer["leadTotals"]["count"] == len(titles)
    assert sum(column["count"] for column in columns) == len(titles)
    return titles
