"""Opening an account: the company, its first administrator, a pipeline to start with, the usual reasons."""

from sales import database, passwords
from sales.accounts import Account, Privacy
from sales.ids import new_id
from sales.journal import DispatchCursor, Draft, JournalHead, Kind, write
from sales.leads import Status
from sales.moments import zone_named
from sales.names import clean
from sales.pipelines.create import drafted as drafted_pipeline
from sales.reasons import Reason
from sales.sentences import say
from sales.users import Role
from sales.users.people import NewPerson, checked, made
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
    """Open an account, ready to work with; returns its administrator. Raises InvalidValue."""
    zone_named(time_zone, path="timeZone")
    name = clean(name, path="name", longest=120)
    person = checked(administrator)
    password_hash = await passwords.hashed(administrator.password)
    async with database.transaction():
        now = await database.now()
        account = Account(
            id=new_id(), name=name, privacy=privacy, locale=locale, currency=currency, time_zone=time_zone,
            created_at=now,
        )  # fmt: skip
        await account.save(force_create=True)
        await JournalHead(account_id=account.id, last_at=now).save(force_create=True)
        await DispatchCursor(account_id=account.id).save(force_create=True)
        user = made(person, account, password_hash, now)
        user.role = Role.ADMINISTRATOR
        by = Viewer(account=account, user=user)
        draft = Draft(Kind.ACCOUNT_OPENED, account, by=by)
        draft.add(user)
        for status, labels in REASONS.items():
            for label in labels:
                draft.add(Reason(account_id=account.id, status=status, label=say(locale, label), created_at=now))
        await write(draft)
        await write(
            await drafted_pipeline(
                by=by, name=say(locale, "pipeline-sales"), steps=[{"name": say(locale, step)} for step in STEPS]
            )
        )
    return by
