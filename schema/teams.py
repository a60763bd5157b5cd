"""Teams: who works with whom, and who manages whom."""

from collections.abc import Sequence

import strawberry
from strawberry import Parent

from sales import teams
from sales import users as people
from sales.teams import Membership, TeamPrivacy
from schema.connections import After, Before, Connection, First, Last, Page, Slice, paged
from schema.context import Info
from schema.loading import seen
from schema.nodes import Node
from schema.orders import Key
from schema.users import User

_BY_NAME = (Key("name", str), Key("id"))


@strawberry.type(description="A person in a team.")
class TeamMember:
    @strawberry.field(graphql_type=User | None, description="Who. Null when that person can't be seen.")
    async def user(self, member: Parent[Membership], info: Info) -> people.User | None:
        return await info.context.loaders.one(people.User).load(member.user_id)

    is_manager: bool = strawberry.field(description="Whether the person manages the team. Never null.")


@strawberry.type(description="Some people of an account, and how much they see of each other's leads.")
class Team(Node, over=teams.Team):
    name: str = strawberry.field(description="The team's name. Never null.")
    privacy: TeamPrivacy = strawberry.field(description="What its members see of each other's leads. Never null.")

    @strawberry.field(graphql_type=list[TeamMember], description="Its people; may be empty, never null.")
    async def members(self, team: Parent[teams.Team], info: Info) -> Sequence[Membership]:
        return await info.context.loaders.members_of.load(team.id)


@strawberry.field(
    name="teams", graphql_type=Connection[Team], description="The teams of your account by name. Never null."
)
async def list_teams(
    info: Info, first: First = None, after: After = None, last: Last = None, before: Before = None
) -> Slice:
    return await paged(await seen(teams.Team, info.context.by), _BY_NAME, Page.of(first, after, last, before))


QUERIES = [list_teams]
