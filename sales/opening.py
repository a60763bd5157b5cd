"""Opening an account: the company, its first administrator, a pipeline to start with, the usual reasons."""

from dataclasses import replace
from datetime import datetime

from sales import database, passwords
from sales.accounts import Account, Privacy
from sales.journal import DispatchCursor, JournalHead, Kind
from sales.journal.drafts import Draft, write
from sales.leads import Status
from sales.moments import zone_named
from sales.money import require_currency
from sales.names import clean
from sales.pipelines.create import drafted as drafted_pipeline
from sales.reasons import Reason
from sales.sentences import say
from sales.steps import StepFields
from sales.users import Role
from sales.users.people import NewPerson, checked, made
from sales.verbs import Checks, duplicates_refused
from sales.viewers import Viewer

STEPS = ("step-to-qualify", "step-contacted", "step-met", "step-quote", "step-negotiation")
REASONS = {
    Status.WON: ("reason-price", "reason-quality"),
    Status.LOST: ("reason-cheaper", "reason-features"),
    Status.CANCELLED: ("reason-no-budget", "reason-no-answer"),
}


async def open_account(
    *,
    name: str,
    administrator: NewPerson,
    locale: str = "en",
    currency: str = "EUR",
    time_zone: str = "Europe/Paris",
    privacy: Privacy = Privacy.SHARED,
) -> Viewer:
    """Open an account, ready to work with; returns its administrator.

    Raises InvalidValue, or Refused with all that is wrong.
    """
    person, checks = administrator, Checks()
    with checks:
        name = clean(name, path="name", longest=120)
    with checks:
        zone_named(time_zone, path="timeZone")
    with checks:
        require_currency(currency, path="currency")
    with checks:
        person = replace(checked(administrator), role=Role.ADMINISTRATOR)
    checks.done()
    password_hash = await passwords.hashed(person.password)
    with duplicates_refused():
        async with database.transaction():
            now = await database.now()
            account = Account(
                name=name, privacy=privacy, locale=locale, currency=currency, time_zone=time_zone, created_at=now
            )
            by = Viewer(account=account, user=made(person, account, password_hash, now))
            await _fill(by, account, now)
            return by


async def _fill(by: Viewer, account: Account, now: datetime) -> None:
    # The journal needs the account and its head before it can tell of anything.
    await account.save(force_create=True)
    await JournalHead(account_id=account.id, last_at=now).save(force_create=True)
    await DispatchCursor(account_id=account.id).save(force_create=True)
    opened = Draft(Kind.ACCOUNT_OPENED, account, by=by)
    opened.add(by.user)
    for status, labels in REASONS.items():
        for label in labels:
            words = say(account.locale, label)
            opened.add(Reason(account_id=account.id, status=status, label=words, created_at=now))
    await write(opened)
    steps = [StepFields(name=say(account.locale, step)) for step in STEPS]
    await write(await drafted_pipeline(by=by, name=say(account.locale, "pipeline-sales"), steps=steps))
