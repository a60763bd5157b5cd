"""A small world for questions at random: a shared account, a private one with teams, and a foreign one.

Every lead carries a tag in its texts, and so does what is about it, so that whatever shows can be told by it.
"""

from dataclasses import dataclass, field
from datetime import date, time, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from tortoise.models import Model

from sales import clock, database, dispatch, feeds, keys, pipelines, reasons, statuses, steps, teams, views
from sales.accounts import Account, Privacy
from sales.callers import caller
from sales.deliveries import Delivery, Replay
from sales.deliveries.decisions import Dead, replay_all
from sales.endpoints import Endpoint, EndpointKind
from sales.feeds import CalendarFeed
from sales.journal import Event
from sales.keys import ApiKey
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
from sales.reminders import Reminder
from sales.reminders import decisions as reminders
from sales.sessions import Session, sign_in
from sales.steps import Guard, Step
from sales.teams import Team, TeamPrivacy
from sales.users import Role, User
from sales.viewers import Viewer
from sales.views import Layout, LeadColumn, SavedView
from sales.watches import Attention, Watch, attend
from tests.api import Client, an_app, id_of
from tests.factories import PASSWORD, a_user, again, an_account
from tests.schema.operations import Supplies

ODD = (
    'Été "d’Ève" \\ done', "Straße №1", "O'Neill & Söhne <b>", "屋根 🏠", "100% {} $1 %s", "E\u0301tage", "plain",
    "\u2028line\u2029end\u00a0",
)  # fmt: skip
STORED = "a\x01b\x1f\x7f\t\n\r\x08\x0c\u2028\ufeff\U0001f469\u200d\U0001f680\\u0041/"
"""What no verb lets in, and other programs may have written all the same."""
LEADS_EACH = 4
NEXT_WEEK = After(timedelta(days=7))

PEOPLE = (
    "the administrator of a shared account", "a user of a shared account", "the administrator of a private account",
    "the manager of a team", "a user of a private account", "a user without a team",
)  # fmt: skip

_TABLES: tuple[type[Model], ...] = (
    User, Team, Session, ApiKey, Pipeline, Step, Reason, Lead, Reminder, Notification, Delivery, SavedView, Watch,
    Replay, CalendarFeed, Endpoint,
)  # fmt: skip
_OF_A_PERSON = (Session, Notification, Delivery, ApiKey, SavedView, Watch, CalendarFeed, Endpoint)


@dataclass(eq=False)
class Person:
    """Somebody with a device; `sees` are the other owners of an account whose leads they see, None for everybody's."""

    viewer: Viewer
    client: Client
    token: str
    sees: frozenset[UUID] | None

    def may_see(self, lead: Lead) -> bool:
        if lead.account_id != self.viewer.account.id:
            return False
        return self.sees is None or lead.owner_id is None or lead.owner_id in self.sees


@dataclass(eq=False, repr=False)
class World:
    """People by what they are, and everything there is."""

    people: dict[str, Person]
    rows: list[Model] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)
    tags: dict[UUID, str] = field(default_factory=dict)

    @property
    def leads(self) -> list[Lead]:
        return [row for row in self.rows if isinstance(row, Lead)]

    def leads_of(self, person: Person) -> list[Lead]:
        """Those that the person may see, as a look at each of them tells."""
        return [lead for lead in self.leads if person.may_see(lead)]

    def hidden_from(self, person: Person) -> set[str]:
        """The ids and tags that no answer to this person may contain."""
        seen = {lead.id for lead in self.leads_of(person)}
        hidden = {str(row.pk) for row in self.rows if not _exists(row, person, seen)}
        # Who was told of a lead keeps the sentence, with its title as it was, also when the lead goes out of sight.
        mine = (row for row in self.rows if isinstance(row, Notification) and row.user_id == person.viewer.user.id)
        told = {row.lead_id for row in mine}
        hidden |= {tag for id, tag in self.tags.items() if id not in seen | told}
        return hidden | {
            f'{id_of(event)}"'  # ...1 begins like ...11
            for event in self.events
            if event.account_id != person.viewer.account.id or event.lead_id not in seen
        }

    async def supplies(self) -> Supplies:
        """What may be sent: ids of everything, seen or not, and cursors of every list."""
        ids = [id_of(row) for row in self.rows] + [id_of(event) for event in self.events[:40]]
        words = sorted({id.split("_")[0] for id in ids})
        by_word = {word: [id for id in ids if id.startswith(f"{word}_")] for word in words}
        odd = ["", "x", "lead_", "lead_0", f"nothing_{UUID(int=0)}", f"lead_{UUID(int=0)}", by_word["lead"][0].upper()]
        cursors, sizes = await self._cursors(), [1, 2, 3, 4, 2, 3, 1, 2, 2, 3, 1, 4, 2, 0, 101]
        return Supplies(
            scalars={
                "ID": [*ids, *odd],
                "Boolean": [True, False],
                "Int": [1, 2, 3, 5, 8, 0, -1, 1000],
                "String": ["a", "e", "été", "ROOF", "%", "", "lead 1", "\\", "\u2028", "x\x01"],
                "DateTime": ["2026-01-01T00:00:00Z", "2020-02-29T23:59:59.123456+14:00", "2999-12-31T00:00:00Z"]
                + [lead.created_at.isoformat() for lead in self.leads[::5]],
                "Date": ["2026-01-01", "2027-01-03", "2027-01-02", "0001-01-01"],
                "Decimal": ["0", "10", "12.5", "30.00", "-1", 20],
                "Duration": ["P1D", "PT0S", "P400D"],
                "CurrencyCode": ["EUR", "JPY", "XXX", "eur"],
                "Cursor": [*(cursor for those in cursors.values() for cursor in those), "", "x", "MVtd"],
            },
            named={
                "ID": by_word | {"owner": by_word["user"]},
                "Int": {"first": sizes, "last": sizes, "number": [lead.number for lead in self.leads]},
                "Cursor": cursors,
            },
        )

    async def _cursors(self) -> dict[str, list[str]]:
        """Real ones by the list's name: of all lists at the root, of histories, and of leads in other orders."""
        found: dict[str, list[str]] = {}
        for person in self.people.values():
            for text in _LISTS:
                _gather((await person.client.send_query(text)).json(), "", found)
        return found


_LISTS = (
    "{ leads { edges { cursor node { history(first: 2) { edges { cursor } } } } } }",
    "{ todo { edges { cursor } } reminders { edges { cursor } } notifications { edges { cursor } } "
    "deliveries { edges { cursor } } users { edges { cursor } } teams { edges { cursor } } "
    "views { edges { cursor node { leads { edges { cursor } } } } } }",
    "{ leads(orderBy: {field: AMOUNT}) { edges { cursor } } } ",
    "{ leads(orderBy: {field: TITLE, direction: DESC}) { edges { cursor } } }",
    "{ pipelines { board { columns { leads(first: 2) { edges { cursor } } } } } }",
)


def _gather(answer: Any, of: str, found: dict[str, list[str]]) -> None:
    """Put the cursors of an answer to those of the lists that they are of."""
    for each in answer if isinstance(answer, list) else ():
        _gather(each, of, found)
    for name, value in answer.items() if isinstance(answer, dict) else ():
        if name == "cursor" and value not in found.setdefault(of, []):
            found[of].append(value)
        _gather(value, of if name in ("edges", "node") else name, found)


def _exists(row: Any, person: Person, seen: set[UUID]) -> bool:
    """Whether a row exists for a person, said once more and in another way than the rules do."""
    by = person.viewer
    if row.account_id != by.account.id:
        return False
    if isinstance(row, Lead):
        return row.id in seen
    if isinstance(row, Replay):
        return by.is_administrator or row.created_by_id == by.user.id
    if isinstance(row, _OF_A_PERSON) and row.user_id != by.user.id:
        is_for_all = isinstance(row, SavedView) and row.is_shared
        if isinstance(row, Endpoint):
            return row.user_id is None and by.is_administrator
        return is_for_all or (isinstance(row, ApiKey | Delivery) and by.is_administrator)
    return not isinstance(row, Reminder) or row.lead_id in seen


async def a_world() -> World:
    """Made once for all tests, which only read it."""
    ada, zed = await an_account(), await an_account()
    ben = await a_user(ada, name="Ben Ünal", locale="fr", time_zone="Asia/Kolkata")
    eve = await an_account(privacy=Privacy.PRIVATE, locale="fr")
    max_, bea, cleo, dan = [
        await a_user(eve, name=name, role=role)
        for name, role in (("Max", Role.TEAM_MANAGER), ("Bea", Role.USER), ("Cleo", Role.USER), ("Dan", Role.USER))
    ]
    for name, privacy, members in (
        ("South", TeamPrivacy.MANAGERS_SEE, ((max_, True), (bea, False))),
        ("Open", TeamPrivacy.MEMBERS_SHARE, ((bea, False), (dan, False))),
    ):
        team = (await teams.create(by=eve, name=name, privacy=privacy)).id
        for member, is_manager in members:
            await teams.add_member(team, by=eve, user_id=member.user.id, is_manager=is_manager)
    await teams.create(by=ada, name="Éverybody")
    accounts = ([ada, ben], [await again(each) for each in (eve, max_, bea, cleo, dan)], [zed])
    tags: dict[UUID, str] = {}
    for people in accounts:
        tags |= await _furnish(people)
    await _stored_past_the_verbs(ada)
    owners = (
        None, None, None,
        {max_.user.id, bea.user.id}, {bea.user.id, dan.user.id}, {cleo.user.id},
    )  # fmt: skip
    who = zip(PEOPLE, (ada, ben, eve, max_, bea, cleo), owners, strict=True)
    world = World({name: await _signed_in(by, sees and frozenset(sees)) for name, by, sees in who}, tags=tags)
    await _let_time_pass([each.account for each, *_ in accounts])
    among = [each.account.id for each, *_ in accounts]
    for model in _TABLES:
        world.rows += await model.filter(account_id__in=among).order_by("id")
    world.events = await Event.filter(account_id__in=among).order_by("account_id", "position")
    return world


async def _signed_in(viewer: Viewer, sees: frozenset[UUID] | None) -> Person:
    session = await sign_in(email=viewer.user.email, password=PASSWORD, device="Tablet", address="192.0.2.7")
    by = await caller(session.token)
    assert by is not None
    return Person(by, Client(an_app(), token=session.token), session.token, sees)


async def _furnish(people: list[Viewer]) -> dict[UUID, str]:
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


async def _stored_past_the_verbs(by: Viewer) -> None:
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


async def _let_time_pass(accounts: list[Account]) -> None:
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
    while await dispatch.dispatch():
        pass
    for account in accounts:
        told = await Notification.filter(account_id=account.id).order_by("id")
        await Notification.filter(id__in=[each.id for each in told[::3]]).update(read_at=account.created_at)
        await Notification.filter(id__in=[each.id for each in told[::5]]).update(archived_at=account.created_at)
