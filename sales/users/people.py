"""Adding people to an account, and what each decides about how to be told."""

import re
from dataclasses import dataclass, replace
from datetime import datetime, time
from typing import Any, TypedDict

from sales import database, passwords
from sales.accounts import Account
from sales.errors import InvalidValue
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.moments import zone_named
from sales.names import clean
from sales.sentences import LOCALES
from sales.tokens import Secret
from sales.users import Role, User
from sales.verbs import Checks, verb
from sales.viewers import Viewer

LONGEST_EMAIL = 254
_EMAIL = re.compile(r"[^@\s<>\"(),:;\\\[\]]+@[^@\s<>\"(),:;\\\[\]]+\.[^@\s<>\"(),:;\\\[\]]+")


@dataclass(frozen=True)
class NewPerson:
    """Somebody to add: what is None is the account's."""

    name: str
    email: str
    password: str
    role: Role = Role.USER
    locale: str | None = None
    time_zone: str | None = None


class Preferences(TypedDict, total=False):
    """What a person decides for himself; what is absent stays."""

    name: str
    locale: str
    time_zone: str
    day_starts_at: time
    notify_in_app: bool
    notify_by_email: bool
    notify_of_own: bool


async def add(*, by: Viewer, person: NewPerson) -> User:
    """Add somebody to the account. Raises InvalidValue (also for an address that somebody has), NotAllowed."""
    by.require_administrator()
    password_hash = await passwords.hashed(checked(person).password)
    outcome = await _add(by=by, person=replace(person, password=""), password_hash=Secret(password_hash))
    return await User.get(id=outcome.id)


@verb
async def prefer(*, by: Viewer, preferences: Preferences) -> Draft:
    """Set one's own name, language, time zone, start of the day, and the channels on which one is told."""
    by.require_session()
    values, checks = dict(preferences), Checks()
    with checks:
        if "name" in values:
            values["name"] = clean(preferences["name"], path="name", longest=120)
    with checks:
        _require_locale(preferences.get("locale"))
    with checks:
        zone_named(preferences.get("time_zone", "UTC"), path="timeZone")
    checks.done()
    user = await User.filter(account_id=by.account.id, id=by.user.id).select_for_update(no_key=True).get()
    draft = Draft(Kind.USER_PREFERENCES_SET, user, by=by)
    draft.change(user, **values)
    return draft


@verb
async def confirm_email(*, by: Viewer, email: str | None = None) -> Draft:
    """Say that one's e-mails arrive at the address (None: the one there is), after one came back: they go on."""
    by.require_session()
    if email is not None:
        _require_address(email)
    user = await User.filter(account_id=by.account.id, id=by.user.id).select_for_update(no_key=True).get()
    draft = Draft(Kind.USER_EMAIL_CONFIRMED, user, by=by)
    draft.change(user, email=email.strip() if email else user.email, email_bounced_at=None)
    return draft


def checked(person: NewPerson) -> NewPerson:
    """The person with a clean name and address. Raises all that is wrong at once."""
    name, checks = "", Checks()
    with checks:
        name = clean(person.name, path="name", longest=120)
    with checks:
        _require_address(person.email)
    with checks:
        passwords.require_long_enough(person.password)
    with checks:
        _require_locale(person.locale)
    with checks:
        zone_named(person.time_zone or "UTC", path="timeZone")
    checks.done()
    return replace(person, name=name, email=person.email.strip())


def made(person: NewPerson, account: Account, password_hash: str, now: datetime) -> User:
    values: dict[str, Any] = {
        "account_id": account.id, "name": person.name, "email": person.email, "role": person.role,
        "password_hash": password_hash, "created_at": now,
        "locale": person.locale or account.locale, "time_zone": person.time_zone or account.time_zone,
    }  # fmt: skip
    return User(**values)


@verb
async def _add(*, by: Viewer, person: NewPerson, password_hash: Secret) -> Draft:
    user = made(person, by.account, password_hash.value, await database.now())
    draft = Draft(Kind.USER_ADDED, user, by=by)
    draft.add(user)
    return draft


def _require_address(email: str) -> None:
    if len(email) > LONGEST_EMAIL or not _EMAIL.fullmatch(email.strip()):
        raise InvalidValue("email", "email_malformed")


def _require_locale(locale: str | None) -> None:
    if locale is not None and locale not in LOCALES:
        raise InvalidValue("locale", "locale_unknown", known=", ".join(LOCALES))
