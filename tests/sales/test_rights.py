"""Who sees what: accounts, privacy, teams; and leads that belong to nobody yet."""

import asyncio

import pytest
from tortoise.exceptions import IntegrityError

from sales import database, steps, teams
from sales.accounts import Privacy
from sales.errors import AlreadyClaimed, InvalidValue, NotAllowed, NotFound
from sales.ids import new_id
from sales.leads import Lead
from sales.leads.edit import LeadFields, edit, star, unstar
from sales.leads.owners import assign, claim
from sales.steps import StepFields
from sales.teams import TeamPrivacy
from sales.users import User
from sales.viewers import Viewer, sees, visible_to
from tests.factories import a_lead, a_user, again, an_account, last_event, steps_of


async def seen(by: Viewer) -> set[str]:
    return {lead.title for lead in await Lead.filter(visible_to(by))}


async def test_in_a_shared_account_everyone_sees_everything(ada: Viewer) -> None:
    ben = await a_user(ada)
    await a_lead(ada, title="Ada's")
    await a_lead(ben, title="Ben's")

    assert await seen(ben) == await seen(ada) == {"Ada's", "Ben's"}


async def test_in_a_private_account_one_sees_ones_own_and_what_nobody_owns() -> None:
    ada = await an_account(privacy=Privacy.PRIVATE)
    ben, cleo = await a_user(ada), await a_user(ada, name="Cleo")
    await a_lead(ben, title="Ben's")
    await a_lead(cleo, title="Cleo's")
    await a_lead(ada, title="nobody's", owner=None)

    assert await seen(ben) == {"Ben's", "nobody's"}
    assert await seen(ada) == {"Ben's", "Cleo's", "nobody's"}


@pytest.mark.parametrize("privacy", list(TeamPrivacy))
async def test_a_manager_sees_and_edits_his_team_and_members_what_the_team_shares(privacy: TeamPrivacy) -> None:
    ada = await an_account(privacy=Privacy.PRIVATE)
    boss, ben, cleo = [await a_user(ada, name=name) for name in ("Boss", "Ben", "Cleo")]
    team = (await teams.create(by=ada, name="North", privacy=privacy)).id
    await teams.add_member(team, by=ada, user_id=boss.user.id, is_manager=True)
    for member in (ben, cleo):
        await teams.add_member(team, by=ada, user_id=member.user.id)
    lead = await a_lead(ben, title="Ben's")
    await a_lead(boss, title="Boss's")
    boss, cleo = await again(boss), await again(cleo)

    shares = privacy == TeamPrivacy.MEMBERS_SHARE
    assert await seen(boss) == {"Ben's", "Boss's"}
    assert await seen(cleo) == ({"Ben's", "Boss's"} if shares else set())
    await edit(lead.id, by=boss, fields=LeadFields(description="by the boss"))
    with pytest.raises(NotAllowed if shares else NotFound):
        await edit(lead.id, by=cleo, fields=LeadFields(description="by Cleo"))


async def test_the_rule_for_statements_is_the_rule_for_rows() -> None:
    ada = await an_account(privacy=Privacy.PRIVATE)
    boss, ben, cleo, dan = [await a_user(ada, name=name) for name in ("Boss", "Ben", "Cleo", "Dan")]
    for name, privacy in (("North", TeamPrivacy.MANAGERS_SEE), ("South", TeamPrivacy.MEMBERS_SHARE)):
        team = (await teams.create(by=ada, name=name, privacy=privacy)).id
        members = (boss, ben) if name == "North" else (ben, cleo)
        for person in members:
            await teams.add_member(team, by=ada, user_id=person.user.id, is_manager=person is boss)
    people = [await again(person) for person in (ada, boss, ben, cleo, dan)]
    leads = [await a_lead(ada, owner=owner) for owner in (None, *people)]

    for privacy in Privacy:
        await database.fetch("update accounts set privacy = $1 where id = $2 returning id", privacy, ada.account.id)
        for person in [await again(person) for person in people]:
            rows = await database.fetch(
                f"""select l.id from leads l join users u on u.id = $1
                    where l.account_id = u.account_id and {sees("u", "l.owner_id")}""",
                person.user.id,
            )
            assert {row["id"] for row in rows} == {lead.id for lead in leads if person.may_see(lead)}


async def test_assigning_is_for_those_who_may_edit_and_to_somebody_who_works_here(ada: Viewer) -> None:
    ben, cleo = await a_user(ada), await a_user(ada, name="Cleo")
    lead = await a_lead(ben)

    with pytest.raises(NotAllowed):
        await assign(lead.id, by=cleo, owner_id=cleo.user.id)
    with pytest.raises(NotFound):
        await assign(lead.id, by=ben, owner_id=(await an_account()).user.id)
    await User.filter(id=cleo.user.id).update(deactivated_at=cleo.user.created_at)
    with pytest.raises(InvalidValue, match="user_deactivated"):
        await assign(lead.id, by=ben, owner_id=cleo.user.id)
    await assign(lead.id, by=ben, owner_id=ada.user.id)

    assert (await Lead.get(id=lead.id)).owner_id == ada.user.id
    event = await last_event(ada)
    assert (event.kind, event.owner_id) == ("lead.assigned", ada.user.id)
    assert event.changes["owner_id"] == [str(ben.user.id), str(ada.user.id)]


async def test_of_many_who_claim_at_once_one_wins_and_the_others_are_told_who() -> None:
    ada = await an_account(privacy=Privacy.PRIVATE)
    people = [await a_user(ada, name=f"P{n}") for n in range(6)]
    lead = await a_lead(ada, owner=None)

    results = await asyncio.gather(*(claim(lead.id, by=by) for by in people), return_exceptions=True)

    winner = await Lead.get(id=lead.id)
    losers = [result for result in results if isinstance(result, AlreadyClaimed)]
    assert len(losers) == 5
    assert {loser.owner_id for loser in losers} == {winner.owner_id}


async def test_a_lead_claimed_long_ago_is_not_there_for_who_may_not_see_it() -> None:
    ada = await an_account(privacy=Privacy.PRIVATE)
    ben, cleo = await a_user(ada), await a_user(ada, name="Cleo")
    lead = await a_lead(ada, owner=None)
    await claim(lead.id, by=ben)
    await database.fetch(
        "update journal set at = at - interval '2 minutes' where account_id = $1 returning 1", ada.account.id
    )

    with pytest.raises(NotFound):
        await claim(lead.id, by=cleo)


async def test_claiming_ones_own_changes_nothing(ada: Viewer) -> None:
    lead = await a_lead(ada)

    assert (await claim(lead.id, by=ada)).position is None


async def test_a_star_belongs_to_the_lead(ada: Viewer) -> None:
    lead = await a_lead(ada)

    assert (await star(lead.id, by=ada)).position is not None
    assert (await star(lead.id, by=ada)).position is None
    assert (await Lead.get(id=lead.id)).is_starred is True
    await unstar(lead.id, by=ada)
    assert (await Lead.get(id=lead.id)).is_starred is False


async def test_only_administrators_set_up_pipelines(ada: Viewer) -> None:
    ben = await a_user(ada)
    step, *_ = await steps_of(ada)

    for refused_call in (
        steps.edit(step.id, by=ben, fields=StepFields(name="X")),
        steps.archive(step.id, by=ben),
        steps.move(step.id, by=ben),
    ):
        with pytest.raises(NotAllowed):
            await refused_call


async def test_the_database_itself_refuses_a_reference_across_accounts(ada: Viewer) -> None:
    stranger = await an_account()
    lead, foreign_step = await a_lead(ada), (await steps_of(stranger))[0]

    for column, value in [("step_id", foreign_step.id), ("owner_id", stranger.user.id), ("reason_id", new_id())]:
        with pytest.raises(IntegrityError):
            await database.fetch(
                f"update leads set {column} = $1, closed_at = created_at, status = 'WON' where id = $2 returning id",
                value,
                lead.id,
            )


@pytest.mark.parametrize(
    "change",
    [
        "status = 'STANDBY'",
        "status = 'WON'",
        "closed_at = now()",
        "amount = 1",
        "probability = 101",
        "title = ''",
        "status = 'ODD'",
    ],
)
async def test_the_database_itself_refuses_a_lead_that_makes_no_sense(ada: Viewer, change: str) -> None:
    lead = await a_lead(ada)

    with pytest.raises(IntegrityError):
        await database.fetch(f"update leads set {change} where id = $1 returning id", lead.id)
