"""A small world for questions at random: a shared account, a private one with teams, and a foreign one.

Every lead carries a tag in its texts, and so does what is about it, so that whatever shows can be told by it.
"""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from tortoise.models import Model

from sales import teams
from sales.accounts import Privacy
from sales.callers import caller
from sales.deliveries import Delivery, Replay
from sales.endpoints import Endpoint
from sales.feeds import CalendarFeed
from sales.journal import Event
from sales.keys import ApiKey
from sales.leads import Lead
from sales.notifications import Notification
from sales.pipelines import Pipeline
from sales.reasons import Reason
from sales.reminders import Reminder
from sales.sessions import Session, sign_in
from sales.steps import Step
from sales.teams import Team, TeamPrivacy
from sales.users import Role, User
from sales.viewers import Viewer
from sales.views import SavedView
from sales.watches import Watch
from tests.api import Client, an_app, id_of
from tests.factories import PASSWORD, a_user, again, an_account
from tests.schema.arguments import Supplies
from tests.schema.furnishing import furnish, let_time_pass, store_past_the_verbs

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
        tags |= await furnish(people)
    await store_past_the_verbs(ada)
    owners = (
        None, None, None,
        {max_.user.id, bea.user.id}, {bea.user.id, dan.user.id}, {cleo.user.id},
    )  # fmt: skip
    who = zip(PEOPLE, (ada, ben, eve, max_, bea, cleo), owners, strict=True)
    world = World({name: await _signed_in(by, sees and frozenset(sees)) for name, by, sees in who}, tags=tags)
    await let_time_pass([each.account for each, *_ in accounts])
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
