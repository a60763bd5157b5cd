"""Teams: who works with whom, and who manages whom."""

import strawberry

import reads
from sales import teams
from sales import users as people
from sales.teams import Membership, TeamPrivacy
from schema.connections import After, Before, Connection, First, Last, by_name
from schema.nodes import Node
from schema.users import User


@strawberry.type(description="A person in a team.")
class TeamMember:
    user: User | None = strawberry.field(
        description="Who. Null when that person can't be seen.", metadata=reads.to_one(people.User, "user_id")
    )
    is_manager: bool = strawberry.field(description="Whether the person manages the team. Never null.")


@strawberry.type(description="Some people of an account, and how much they see of each other's leads.")
class Team(Node, over=teams.Team):
    name: str = strawberry.field(description="The team's name. Never null.")
    privacy: TeamPrivacy = strawberry.field(description="What its members see of each other's leads. Never null.")

    members: list[TeamMember] = strawberry.field(
        description="Its people, the managers first; may be empty, never null.",
        metadata=reads.many(
            Membership,
            lambda team, member, _: f"{member.team_id} = {team.id}",
            order=lambda member: f"{member.is_manager} desc, {member.id}",
        ),
    )


@strawberry.field(
    name="teams",
    graphql_type=Connection[Team],
    description="The teams of your account by name. Never null.",
    metadata=by_name(teams.Team, lambda *_: "true"),
)
def list_teams(first: First = None, after: After = None, last: Last = None, before: Before = None) -> None: ...


QUERIES = [list_teams]
