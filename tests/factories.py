"""Valid things in one line; a test names only what matters to it."""

from datetime import datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any
from uuid import UUID

from sales import database, passwords
from sales.accounts import Account, Privacy
from sales.journal import Event
from sales.leads import Lead
from sales.leads.create import Placement, Standing, create
from sales.leads.edit import LeadFields
from sales.moments import After
from sales.money import Money
from sales.opening import open_account
from sales.pipelines import Pipeline
from sales.reminders import Reminder
from sales.steps import Step
from sales.users import Role, User
from sales.users.people import NewPerson, add
from sales.viewers import Viewer, viewer_of

PASSWORD = "correct horse battery"
SOON = After(timedelta(hours=1))

_numbers = count(1)


async def an_account(*, privacy: Privacy = Privacy.SHARED, locale: str = "en", **values: Any) -> Viewer:
    """A fresh account with a pipeline of five steps; gives its administrator."""
    person = NewPerson(name="Ada Admin", email=f"ada{next(_numbers)}@example.com", password=PASSWORD)
    return await open_account(name="Acme", administrator=person, privacy=privacy, locale=locale, **values)


async def a_user(by: Viewer, *, name: str = "Ben", role: Role = Role.USER, **values: Any) -> Viewer:
    """Somebody more in the account."""
    email = f"{name.lower().replace(' ', '.')}{next(_numbers)}@example.com"
    user = await add(by=by, person=NewPerson(name=name, email=email, password=PASSWORD, role=role, **values))
    return await viewer_of(by.account, user)


async def again(viewer: Viewer) -> Viewer:
    """The same person in a later request: teams, account and preferences read anew."""
    return await viewer_of(await Account.get(id=viewer.account.id), await User.get(id=viewer.user.id))


async def a_lead(
    by: Viewer,
    *,
    title: str = "New roof",
    owner: UUID | Viewer | None = ...,  # type: ignore[assignment]
    step: Step | None = None,
    standing: Standing | None = None,
    created_at: datetime | None = None,
    **fields: Any,
) -> Lead:
    """A lead of the person who makes it (owner=None: of nobody), in the first step unless another is given."""
    owner_id = by.user.id if owner is ... else owner.user.id if isinstance(owner, Viewer) else owner
    outcome = await create(
        by=by,
        fields=LeadFields(title=title, **fields),
        owner_id=owner_id,
        placement=Placement(step_id=step.id if step else None),
        standing=standing or Standing(),
        created_at=created_at,
    )
    return await Lead.get(id=outcome.id)


def euros(amount: int) -> Money:
    return Money(Decimal(amount), "EUR")


async def steps_of(by: Viewer) -> list[Step]:
    """The steps of the default pipeline, in order."""
    pipeline = await Pipeline.get(account_id=by.account.id, is_default=True)
    return await Step.filter(pipeline_id=pipeline.id).order_by("position")


async def column(step: Step) -> list[str]:
    """The titles of a step's leads, in the order of the board."""
    return [lead.title for lead in await Lead.filter(step_id=step.id).order_by("rank")]


async def events(by: Viewer, **only: Any) -> list[Event]:
    """The account's journal from the beginning."""
    return await Event.filter(account_id=by.account.id, **only).order_by("position")


async def last_event(by: Viewer) -> Event:
    event = await Event.filter(account_id=by.account.id).order_by("-position").first()
    assert event is not None
    return event


async def reminders_of(lead: Lead) -> list[Reminder]:
    return await Reminder.filter(lead_id=lead.id).order_by("created_at", "id")


async def an_empty_outbox() -> None:
    """What other tests left to come due, be told and sent is called off, so that a sender has eyes for this one's."""
    await database.fetch("update reminders set set_aside_at = now() where state = 'PENDING' returning 1")
    await database.fetch("delete from provider_rates returning 1")
    await database.fetch(
        "update dispatch_cursors c set dispatched = h.position from journal_heads h "
        "where h.account_id = c.account_id and h.position > c.dispatched returning 1"
    )
    await database.fetch(
        "update deliveries set state = 'CANCELLED', done_at = now() where state in ('PENDING', 'JOINED') returning 1"
    )


# Tests make many people: a cheap hash, of the same kind, for them alone.
passwords._HASHER = type(passwords._HASHER)(time_cost=1, memory_cost=8, parallelism=1)
