"""Teams: who works with whom, and who manages whom."""

from enum import StrEnum
from uuid import UUID

from tortoise import fields
from tortoise.models import Model

from sales import database
from sales.errors import NotFound
from sales.ids import new_id
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.names import clean
from sales.users import require_active
from sales.verbs import verb
from sales.viewers import Viewer


class TeamPrivacy(StrEnum):
    """In a private account: do the members of a team see each other's leads, or only their managers?"""

    MEMBERS_SHARE = "MEMBERS_SHARE"
    MANAGERS_SEE = "MANAGERS_SEE"


class Team(Model):
    """Some people of an account, and how much they see of each other's leads."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    name = fields.CharField(max_length=120)
    privacy = fields.CharEnumField(TeamPrivacy, max_length=20, default=TeamPrivacy.MANAGERS_SEE)
    created_at = fields.DatetimeField()

    class Meta:
        table = "teams"


class Membership(Model):
    """A person in a team, as member or as manager."""

    id = fields.UUIDField(primary_key=True, default=new_id)
    account_id = fields.UUIDField()
    team_id = fields.UUIDField()
    user_id = fields.UUIDField()
    is_manager = fields.BooleanField(default=False)

    class Meta:
        table = "memberships"


@verb
async def create(*, by: Viewer, name: str, privacy: TeamPrivacy = TeamPrivacy.MANAGERS_SEE) -> Draft:
    by.require_administrator()
    team = Team(
        account_id=by.account.id, name=clean(name, path="name", longest=120), privacy=privacy,
        created_at=await database.now(),
    )  # fmt: skip
    draft = Draft(Kind.TEAM_CREATED, team, by=by)
    draft.add(team)
    return draft


@verb
async def add_member(team_id: UUID, *, by: Viewer, user_id: UUID, is_manager: bool = False) -> Draft:
    """Put somebody into a team, or change what he is there."""
    by.require_administrator()
    team = await Team.filter(account_id=by.account.id, id=team_id).select_for_update(no_key=True).first()
    if team is None:
        raise NotFound("team", "teamId")
    await require_active(user_id, by=by, path="userId")
    draft = Draft(Kind.TEAM_MEMBER_ADDED, team, by=by)
    member = await Membership.filter(account_id=by.account.id, team_id=team_id, user_id=user_id).first()
    if member is not None:
        draft.change(member, is_manager=is_manager)
    else:
        draft.add(Membership(account_id=by.account.id, team_id=team_id, user_id=user_id, is_manager=is_manager))
    return draft
