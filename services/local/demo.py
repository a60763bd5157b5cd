"""Demo data: a French roofing company and an English one, ten people, half a year of leads, a reminder coming due."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sales import database, statuses, teams
from sales.accounts import Account, Privacy
from sales.leads import Status
from sales.leads.create import Placement, create
from sales.leads.edit import LeadFields
from sales.leads.moves import move
from sales.moments import After, At, Moment, On
from sales.money import Money
from sales.opening import open_account
from sales.pipelines.create import create as create_pipeline
from sales.reasons import Reason
from sales.reminders.decisions import set_reminder
from sales.sentences import say
from sales.steps import Guard, Step, StepFields, edit
from sales.teams import TeamPrivacy
from sales.users import Role, User
from sales.users.people import NewPerson, add
from sales.viewers import Viewer, viewer_of

PASSWORD = "relance-demo"
AFTER_THE_WIN = frozenset({"Follow-up after signature", "Customer confirmed"})
FIRST_RING = timedelta(seconds=30)
HALF_A_YEAR = timedelta(days=182)


@dataclass(frozen=True)
class Company:
    """What the demo makes of one company; `people` are the administrator, the manager and the salespeople."""

    name: str
    domain: str
    locale: str
    currency: str
    time_zone: str
    privacy: Privacy
    people: tuple[str, ...]
    pipelines: tuple[tuple[str, tuple[str, ...]], ...]
    works: tuple[str, ...]
    customers: tuple[str, ...]
    calls: tuple[str, ...]
    leads: int


FRENCH = Company(
    name="Toitures Lemaire",
    domain="toitures-lemaire.example",
    locale="fr",
    currency="EUR",
    time_zone="Europe/Paris",
    privacy=Privacy.PRIVATE,
    people=("Camille Lemaire", "Karim Benali", "Élodie Marchand", "Thomas Girard", "Inès Rousseau"),
    pipelines=(),
    works=("Réfection de toiture", "Isolation des combles", "Gouttières", "Zinguerie", "Velux", "Ravalement"),
    customers=(
        "copropriété Les Tilleuls", "Mme Fournier", "M. Da Silva", "mairie de Bron", "école Jules-Ferry",
        "SCI Bellecour", "restaurant Le Zinc", "famille Morel", "garage Perrin", "Dr Aubert", "clinique du Parc",
    ),
    calls=("Rappeler après la réunion", "Demander les plans", "Attendre l’accord de la banque", "Relancer le devis"),
    leads=150,
)  # fmt: skip

ENGLISH = Company(
    name="Harbour Roofing",
    domain="harbour-roofing.example",
    locale="en",
    currency="GBP",
    time_zone="Europe/London",
    privacy=Privacy.SHARED,
    people=("Grace Palmer", "Oliver Hughes", "Amelia Khan", "Jack Turner", "Sophie Evans"),
    # Two steps come after the win: what is Won and in one of them is a to-do list of its own.
    pipelines=(
        (
            "After the quote",
            ("Survey", "Quote", "Negotiation", "Follow-up after signature", "Customer confirmed"),
        ),
    ),
    works=("New roof", "Loft insulation", "Gutters", "Skylights", "Chimney repair", "Flat roof"),
    customers=(
        "Mrs Whitfield", "the Old Bakery", "St Mary's School", "Mr Okafor", "Quay Street Café", "Dr Lowe",
        "the Anchor Inn", "Northgate Garage", "the Patels", "Harbour Council", "Bishop & Sons",
    ),
    calls=("Call back after the board meeting", "Ask for the drawings", "Wait for the bank", "Chase the quote"),
    leads=150,
)  # fmt: skip


async def load(url: str) -> list[str]:
    """Make the demo where no account exists yet; gives the lines that say how to sign in, both times."""
    async with database.connected(url, pool=4):
        if not await Account.exists():
            # One transaction, so that a start that is cut short leaves no half of a demo behind.
            async with database.transaction():
                for company in (FRENCH, ENGLISH):
                    await _company(company, random.Random(company.name))
        return await _how_to_sign_in()


async def _how_to_sign_in() -> list[str]:
    lines = []
    for company in (FRENCH, ENGLISH):
        for name in company.people:
            user = await User.filter(email=_email(name, company)).first()
            if user is not None:
                role = say("en", f"role-{user.role.lower().replace('_', '-')}")
                lines.append(f"{user.email:<44} {PASSWORD}   {company.name}, {role}")
    return lines


async def _company(company: Company, chance: random.Random) -> None:
    first, *others = company.people
    by = await open_account(
        name=company.name, administrator=NewPerson(first, _email(first, company), PASSWORD), locale=company.locale,
        currency=company.currency, time_zone=company.time_zone, privacy=company.privacy,
    )  # fmt: skip
    people = [by, *[await _person(by, company, name, Role.TEAM_MANAGER if n == 0 else Role.USER)
                    for n, name in enumerate(others)]]  # fmt: skip
    await _team(by, people)
    people = [await viewer_of(person.account, person.user) for person in people]
    for name, steps in company.pipelines:
        await create_pipeline(by=by, name=name, steps=[StepFields(name=step) for step in steps])
    await _probabilities(by)
    columns = await _columns(by)
    for number in range(company.leads):
        await _lead(company, people[number % len(people)], columns[number % len(columns)], number, chance)
    await _about_to_ring(company, people)


async def _person(by: Viewer, company: Company, name: str, role: Role) -> Viewer:
    user = await add(by=by, person=NewPerson(name, _email(name, company), PASSWORD, role=role))
    return await viewer_of(by.account, user)


async def _team(by: Viewer, people: list[Viewer]) -> None:
    manager, *members = people[1:]
    team = (await teams.create(by=by, name="Sales", privacy=TeamPrivacy.MANAGERS_SEE)).id
    await teams.add_member(team, by=by, user_id=manager.user.id, is_manager=True)
    for member in members:
        await teams.add_member(team, by=by, user_id=member.user.id)


async def _probabilities(by: Viewer) -> None:
    for steps in await _columns(by):
        for index, step in enumerate(steps):
            per_cent = round(100 * (index + 1) / (len(steps) + 1) / 5) * 5
            guards = [Guard.AMOUNT] if index == len(steps) - 1 else []
            await edit(
                step.id,
                by=by,
                fields=StepFields(probability=per_cent, expected_dwell=timedelta(days=7 + 7 * index), guards=guards),
            )


async def _columns(by: Viewer) -> list[list[Step]]:
    """The steps of every pipeline, in order."""
    steps = await Step.filter(account_id=by.account.id).order_by("pipeline_id", "position")
    pipelines = list(dict.fromkeys(step.pipeline_id for step in steps))
    return [[step for step in steps if step.pipeline_id == pipeline] for pipeline in pipelines]


async def _lead(company: Company, by: Viewer, steps: list[Step], number: int, chance: random.Random) -> None:
    """One lead with a history: created, moved on, put away and taken up again, perhaps closed."""
    moment = datetime.now(UTC) - HALF_A_YEAR * chance.random() - timedelta(hours=1)
    amount = Money(Decimal(chance.randrange(8, 400) * 50), company.currency)
    outcome = await create(
        by=by.back_then(moment),
        fields=LeadFields(
            title=f"{chance.choice(company.works)}, {chance.choice(company.customers)}",
            description=chance.choice(company.calls) if chance.random() < 0.4 else "",
            money=amount,
            expected_close_on=(moment + timedelta(days=chance.randrange(20, 90))).date(),
        ),
        owner_id=None if number % 25 == 24 else by.user.id,
        is_starred=chance.random() < 0.1,
        placement=Placement(step_id=steps[0].id),
        created_at=moment,
    )
    if number % 25 == 24:
        return
    lead_id, reached = outcome.id, steps[: chance.randrange(1, len(steps) + 1)]
    for step in reached[1:]:
        moment = _later(moment, chance)
        if chance.random() < 0.4:
            await statuses.stand_by(
                lead_id, by=by.back_then(moment), until=After(timedelta(days=4)), note=chance.choice(company.calls)
            )
            moment = _later(moment, chance)
            await statuses.take_up(lead_id, by=by.back_then(moment))
        await move(lead_id, by=by.back_then(moment), step_id=step.id)
    is_won = reached[-1].name in AFTER_THE_WIN
    await _where_it_stands(company, by, lead_id, _later(moment, chance), chance, is_won=is_won)


async def _where_it_stands(
    company: Company, by: Viewer, lead_id: UUID, moment: datetime, chance: random.Random, *, is_won: bool
) -> None:
    draw = 0.0 if is_won else chance.random()
    if draw < 0.45:
        status = Status.WON if draw < 0.18 else Status.LOST if draw < 0.33 else Status.CANCELLED
        reasons = await Reason.filter(account_id=by.account.id, status=status).order_by("id")
        await statuses.close(lead_id, by=by.back_then(moment), status=status, reason_id=chance.choice(reasons).id)
    elif draw < 0.75:
        day = On(datetime.now(UTC).date() + timedelta(days=chance.randrange(1, 40)))
        hour = At(datetime.now(UTC) + timedelta(hours=chance.randrange(2, 400)))
        until: Moment = day if chance.random() < 0.5 else hour
        await statuses.stand_by(lead_id, by=by, until=until, note=chance.choice(company.calls))
    elif draw < 0.8:
        # Came due while nobody was there to ring: the worker catches up with it, and the list says how late it is.
        moment = datetime.now(UTC) - timedelta(days=chance.randrange(1, 6))
        await statuses.stand_by(
            lead_id, by=by.back_then(moment), until=After(timedelta(hours=2)), note=chance.choice(company.calls)
        )


async def _about_to_ring(company: Company, people: list[Viewer]) -> None:
    """A lead of the manager's and one of a salesperson's stand by until half a minute from now."""
    for by, call in zip(people[1:3], company.calls, strict=False):
        outcome = await create(
            by=by,
            fields=LeadFields(title=f"{company.works[0]}, {company.customers[0]}"),
            owner_id=by.user.id,
        )
        await statuses.stand_by(outcome.id, by=by, until=After(FIRST_RING), note=call)
        await set_reminder(outcome.id, by=by, at=After(timedelta(days=2)), note=call)


def _later(moment: datetime, chance: random.Random) -> datetime:
    """Some days on, and never in the future."""
    return min(moment + timedelta(days=12) * chance.random(), datetime.now(UTC) - timedelta(minutes=1))


def _email(name: str, company: Company) -> str:
    first = name.split()[0].lower().replace("é", "e").replace("è", "e")
    return f"{first}@{company.domain}"
