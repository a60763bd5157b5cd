"""Who asks: one person of one account, what they see and what they may change, worked out once per request."""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from tortoise.expressions import Q

from sales import database
from sales.accounts import Account, Privacy
from sales.errors import NotAllowed
from sales.leads import Lead
from sales.users import Role, User

if TYPE_CHECKING:
    from sales.callers import Guess


def mates(account: str, person: str) -> str:
    """The statement for whom a person sees because of teams, and who of them is managed; both arguments are SQL."""
    return f"""
select other.user_id, bool_or(mine.is_manager) as is_managed
from memberships mine
join teams t on t.id = mine.team_id
join memberships other on other.account_id = mine.account_id and other.team_id = mine.team_id
where mine.account_id = {account} and mine.user_id = {person} and other.user_id <> {person}
  and (mine.is_manager or t.privacy = 'MEMBERS_SHARE')
group by other.user_id
"""


@dataclass(frozen=True)
class Viewer:
    """A person (or a script of theirs) in the middle of a request.

    `managed` are the people of the teams that the viewer manages, `seen` these and the team mates who share. With a
    `guess` it is still to be confirmed that this is who asks: by the statement that writes, or before.
    """

    account: Account
    user: User
    seen: frozenset[UUID] = frozenset()
    managed: frozenset[UUID] = frozenset()
    session_id: UUID | None = None
    key_id: UUID | None = None
    request_id: str | None = None
    idempotency_key: str | None = None
    acting_at: datetime | None = None
    guess: "Guess | None" = None

    @property
    def is_administrator(self) -> bool:
        return self.user.role == Role.ADMINISTRATOR

    @property
    def sees_all(self) -> bool:
        return self.is_administrator or self.account.privacy == Privacy.SHARED

    @property
    def locale(self) -> str:
        return self.user.locale

    @property
    def seen_owners(self) -> list[UUID] | None:
        """Whose leads this viewer sees, besides those of nobody; None: everybody's."""
        return None if self.sees_all else [self.user.id, *self.seen]

    def may_see(self, lead: Lead) -> bool:
        return self.sees_all or lead.owner_id is None or lead.owner_id in self.seen | {self.user.id}

    def may_edit(self, lead: Lead) -> bool:
        return self.is_administrator or lead.owner_id == self.user.id or lead.owner_id in self.managed

    def once(self, key: str | None) -> "Viewer":
        """The same viewer, whose next mutation is carried out once for this key."""
        return replace(self, idempotency_key=key)

    def back_then(self, moment: datetime) -> "Viewer":
        """The same viewer, doing what was done in the past: for imports, which bring a history along."""
        return replace(self, acting_at=moment)

    async def now(self) -> datetime:
        """When this happens: by the database's clock, unless it is brought along from the past."""
        return self.acting_at or await database.now()

    def require_session(self) -> None:
        """What lets somebody in, and how, is for people: a key that leaks must not make more of itself."""
        if self.key_id is not None:
            raise NotAllowed("session")

    def require_administrator(self) -> None:
        if not self.is_administrator:
            raise NotAllowed("administrator")


async def viewer_of(account: Account, user: User, **request: str | UUID | None) -> Viewer:
    """The viewer that this person is now: teams are read once, here."""
    found = await database.fetch(mates("$1", "$2"), account.id, user.id)
    return Viewer(
        account=account,
        user=user,
        seen=frozenset(row["user_id"] for row in found),
        managed=frozenset(row["user_id"] for row in found if row["is_managed"]),
        **request,  # type: ignore[arg-type]
    )


def itself(account: Account) -> Viewer:
    """An account looking at itself, for what is told to nobody in particular: all of it, in its language and zone."""
    nobody = User(
        id=account.id, account_id=account.id, name=account.name, email="", password_hash="",
        role=Role.ADMINISTRATOR, locale=account.locale, time_zone=account.time_zone, created_at=account.created_at,
    )  # fmt: skip
    return Viewer(account=account, user=nobody)


def sees(person: str, owner: str) -> str:
    """`Viewer.may_see` for statements: may `person` (a row of users) see a lead of `owner` (an id, or null)?

    Its own aliases are words that no caller has: they would hide the caller's.
    """
    return f"""(
  {person}.role = 'ADMINISTRATOR' or {owner} is null or {owner} = {person}.id
  or exists (select from accounts sees_in where sees_in.id = {person}.account_id and sees_in.privacy = 'SHARED')
  or exists (
    select from memberships sees_as
    join teams sees_by on sees_by.account_id = sees_as.account_id and sees_by.id = sees_as.team_id
    join memberships seen on seen.account_id = sees_as.account_id and seen.team_id = sees_as.team_id
    where sees_as.account_id = {person}.account_id and sees_as.user_id = {person}.id and seen.user_id = {owner}
      and (sees_as.is_manager or sees_by.privacy = 'MEMBERS_SHARE')))"""


def visible_to(by: Viewer) -> Q:
    """The leads that the viewer may see; what is not among them does not exist for them."""
    within = Q(account_id=by.account.id)
    owners = by.seen_owners
    if owners is None:
        return within
    return within & (Q(owner_id__isnull=True) | Q(owner_id__in=owners))
