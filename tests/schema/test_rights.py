"""What one may not see does not exist, through every door of the API."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from sales import feeds
from sales.accounts import Privacy
from sales.deliveries import Channel, Delivery, Replay, ReplayState
from sales.endpoints import Endpoint, EndpointKind
from sales.keys import create as create_key
from sales.leads import Lead
from sales.notifications import Notification, NotificationKind
from sales.reasons import Reason
from sales.reminders.decisions import set_reminder
from sales.teams import create as create_team
from sales.viewers import Viewer
from sales.views import Layout, SavedView
from sales.views import create as create_view
from sales.watches import Attention, Watch, attend
from schema.schema import graphql_schema
from tests.api import Client, id_of, signed_in
from tests.factories import SOON, a_lead, a_user, an_account, events, last_event, reminders_of, steps_of

NODE = "query ($ids: [ID!]!) { nodes(ids: $ids) { id __typename } }"


@pytest.fixture
async def ben(ada: Viewer) -> Viewer:
    return await a_user(ada)


@pytest.fixture
async def stranger() -> AsyncIterator[Client]:
    """The administrator of another account, where everything is shared."""
    async with await signed_in(await an_account()) as client:
        yield client


async def one_of_each(by: Viewer, client: Client) -> dict[str, str]:
    """The ids of one thing of every type with an identity, by its type's name."""
    lead, [step, *_] = await a_lead(by), await steps_of(by)
    await set_reminder(lead.id, by=by, at=SOON)
    [reminder], event = await reminders_of(lead), await last_event(by)
    notification = await Notification.create(
        account_id=by.account.id, user_id=by.user.id, kind=NotificationKind.LEAD_ASSIGNED, position=event.position,
        lead_id=lead.id, dedupe_key="x", created_at=event.at, visible_at=event.at,
    )  # fmt: skip
    delivery = await Delivery.create(
        account_id=by.account.id, user_id=by.user.id, notification_id=notification.id, channel=Channel.EMAIL,
        next_at=event.at, created_at=event.at,
    )  # fmt: skip
    reason = await Reason.filter(account_id=by.account.id).first()
    [session] = (await client.ask("{ viewer { sessions { id } } }"))["sessions"]
    made = await create_key(by=by, name="Script")
    team = await create_team(by=by, name="South")
    viewed = await create_view(
        by=by, fields={"name": "All", "layout": Layout.TABLE, "lead_filter": {}, "order_by": [], "is_shared": True}
    )
    view = await SavedView.get(id=viewed.id)
    await attend(Lead, lead.id, by=by, attention=Attention.WATCHED)
    watch = await Watch.get(account_id=by.account.id)
    feed = await feeds.create(by=by, name="Phone")
    endpoint = await Endpoint.create(
        account_id=by.account.id, user_id=by.user.id, kind=EndpointKind.FCM, name="Phone", address="x", shown="x",
        created_at=event.at,
    )  # fmt: skip
    assert reason is not None
    replay = await Replay.create(
        account_id=by.account.id, created_by_id=by.user.id, state=ReplayState.DONE, total=0, created_at=event.at,
        ended_at=event.at,
    )  # fmt: skip
    rows = (
        by.account, by.user, lead, step, reminder, event, notification, delivery, reason, view, watch, replay, endpoint,
    )  # fmt: skip
    return {type(row).__name__: id_of(row) for row in rows} | {
        "Session": session["id"], "ApiKey": f"key_{made.outcome.id}", "Team": f"team_{team.id}",
        "CalendarFeed": f"calendar_{feed.outcome.id}", "Pipeline": f"pipeline_{step.pipeline_id}",
    }  # fmt: skip


async def test_everything_with_an_id_can_be_looked_up_by_it(ada: Viewer, client: Client) -> None:
    mine = await one_of_each(ada, client)

    found = await client.ask(NODE, ids=list(mine.values()))

    assert found == [{"id": id, "__typename": name} for name, id in mine.items()]
    implementations = graphql_schema.get_possible_types(graphql_schema.type_map["Node"])  # type: ignore[arg-type]
    assert set(mine) == {kind.name for kind in implementations}


async def test_nothing_of_another_account_exists(ada: Viewer, client: Client, stranger: Client) -> None:
    theirs = await one_of_each(ada, client)

    assert await stranger.ask(NODE, ids=list(theirs.values())) == [None] * len(theirs)
    for name, argument in (("Lead", "lead"), ("Step", "step"), ("Pipeline", "pipeline")):
        assert await stranger.ask(f"query ($id: ID!) {{ {argument}(id: $id) {{ id }} }}", id=theirs[name]) is None
    for filter in ({"step": {"id": {"eq": theirs["Step"]}}}, {"owner": {"id": {"eq": theirs["User"]}}}):
        leads = await stranger.ask("query ($f: LeadFilter) { leads(filter: $f) { totalCount } }", f=filter)
        assert leads == {"totalCount": 0}
    stock = await stranger.ask("query ($id: ID!) { statuses(pipelineId: $id) { leadCount } }", id=theirs["Pipeline"])
    assert {status["leadCount"] for status in stock} == {0}


async def test_no_mutation_finds_anything_of_another_account(ada: Viewer, client: Client, stranger: Client) -> None:
    theirs = await one_of_each(ada, client)
    own = (await stranger.do("leadCreate", {"title": "Mine"}, "lead { id step { id } }"))["lead"]
    before = len(await events(ada))

    refused = [
        *[(name, {"id": theirs["Lead"]}) for name in ("leadStar", "leadUnstar", "leadClaim", "leadWin", "leadToDo")],
        ("leadEdit", {"id": theirs["Lead"], "title": "x"}),
        ("leadMove", {"id": theirs["Lead"], "stepId": own["step"]["id"]}),
        ("leadMove", {"id": own["id"], "stepId": theirs["Step"]}),
        ("leadMove", {"id": own["id"], "beforeId": theirs["Lead"]}),
        ("leadAssign", {"id": own["id"], "ownerId": theirs["User"]}),
        ("leadStandBy", {"id": theirs["Lead"], "until": {"after": "P1D"}}),
        ("leadWin", {"id": own["id"], "reasonId": theirs["Reason"]}),
        ("leadCreate", {"title": "x", "stepId": theirs["Step"]}),
        ("leadCreate", {"title": "x", "ownerId": theirs["User"]}),
        ("reminderSet", {"leadId": theirs["Lead"], "at": {"after": "P1D"}}),
        ("reminderSet", {"leadId": own["id"], "userId": theirs["User"], "at": {"after": "P1D"}}),
        *[(name, {"id": theirs["Reminder"]}) for name in ("reminderDone", "reminderCancel")],
        *[(name, {"id": theirs["Step"]}) for name in ("stepArchive", "stepRestore", "stepDelete", "stepMove")],
        *[(name, {"id": theirs["Pipeline"]}) for name in ("pipelineArchive", "pipelineMakeDefault", "pipelineDelete")],
        ("stepCreate", {"pipelineId": theirs["Pipeline"], "name": "New"}),
        ("reasonArchive", {"id": theirs["Reason"]}),
        ("notificationMarkRead", {"ids": [theirs["Notification"]]}),
        *[(name, {"id": theirs["Delivery"]}) for name in ("deliveryReplay", "deliveryCancel")],
        ("sessionRevoke", {"id": theirs["Session"]}),
        ("apiKeyRevoke", {"id": theirs["ApiKey"]}),
        *[(name, {"id": theirs["Endpoint"]}) for name in ("deviceRemove", "chatRemove")],
        *[(name, {"id": theirs["CalendarFeed"]}) for name in ("calendarFeedRotate", "calendarFeedRevoke")],
        *[(name, {"id": theirs["SavedView"]}) for name in ("viewEdit", "viewDelete")],
        *[(f"{word}Watch", {"id": theirs[kind]})
          for word, kind in (("lead", "Lead"), ("step", "Step"), ("pipeline", "Pipeline"), ("view", "SavedView"))],
        *[("viewCreate", {"name": "x", "layout": "TABLE", "filter": {field: {"id": {"eq": theirs[kind]}}}})
          for field, kind in (("step", "Step"), ("pipeline", "Pipeline"), ("owner", "User"))],
    ]  # fmt: skip
    for name, input in refused:
        payload = await stranger.do(name, input)
        assert [error["__typename"] for error in payload["errors"]] == ["NotFound"], name
    assert len(await events(ada)) == before


async def test_in_a_private_account_another_persons_lead_does_not_exist() -> None:
    ada = await an_account(privacy=Privacy.PRIVATE)
    ben, cleo = await signed_in(await a_user(ada, name="Ben")), await signed_in(await a_user(ada, name="Cleo"))
    made = await ben.do("leadCreate", {"title": "Secret"}, "lead { id number history { nodes { id } } }")
    await ben.do("leadCreate", {"title": "Anybody's", "ownerId": None})
    lead = made["lead"]
    reminder = (await ben.do("reminderSet", {"leadId": lead["id"], "at": {"after": "P1D"}}, "reminder { id }"))[
        "reminder"
    ]

    hidden = [lead["id"], reminder["id"], lead["history"]["nodes"][0]["id"]]
    assert await cleo.ask(NODE, ids=hidden) == [None, None, None]
    assert await cleo.ask("query ($n: Int) { lead(number: $n) { id } }", n=lead["number"]) is None
    assert await cleo.ask("{ leads { totalCount nodes { title } } }") == {
        "totalCount": 1, "nodes": [{"title": "Anybody's"}],
    }  # fmt: skip
    assert (await cleo.ask("{ statuses { leadCount } }"))[0] == {"leadCount": 1}
    assert (await ben.ask("{ statuses { leadCount } }"))[0] == {"leadCount": 2}
    assert (await cleo.ask("{ reminders(filter: { user: {} }) { totalCount } }")) == {"totalCount": 0}
    refused = await cleo.do("leadMove", {"id": lead["id"], "stepId": await first_step_of(cleo)})
    assert [error["__typename"] for error in refused["errors"]] == ["NotFound"]


async def test_what_one_sees_and_may_not_change_is_not_allowed(ada: Viewer, client: Client, ben: Viewer) -> None:
    lead = await a_lead(ada)

    bens = await signed_in(ben)
    payload = await bens.do("leadWin", {"id": id_of(lead)}, "errors { ... on NotAllowed { needs } } lead { id }")
    seen = await bens.ask("query ($id: ID!) { lead(id: $id) { mayEdit } }", id=id_of(lead))

    assert [(error["code"], error["needs"]) for error in payload["errors"]] == [("NOT_ALLOWED", "owner")]
    assert seen == {"mayEdit": False}
    assert (await Lead.get(id=lead.id)).status == "TODO"


async def test_a_lead_given_away_out_of_sight_was_given_away_all_the_same() -> None:
    ada = await an_account(privacy=Privacy.PRIVATE)
    ben, cleo = await a_user(ada, name="Ben"), await a_user(ada, name="Cleo")
    lead = await a_lead(ben)

    payload = await (await signed_in(ben)).do(
        "leadAssign", {"id": id_of(lead), "ownerId": id_of(cleo.user)}, "lead { id }"
    )

    assert payload["errors"] == []
    assert payload["position"]
    assert payload["lead"] is None


async def test_what_administrators_set_up_others_do_not(ada: Viewer, ben: Viewer) -> None:
    client, [step, *_] = await signed_in(ben), await steps_of(ada)
    reason = await Reason.filter(account_id=ada.account.id).first()
    assert reason is not None
    inputs: dict[str, Any] = {
        "pipelineCreate": {"name": "x", "steps": [{"name": "y"}]},
        "pipelineRename": {"id": f"pipeline_{step.pipeline_id}", "name": "x"},
        "stepEdit": {"id": id_of(step), "name": "x"},
        "stepDelete": {"id": id_of(step)},
        "reasonAdd": {"status": "WON", "label": "x"},
        "reasonArchive": {"id": id_of(reason)},
        "accountRequireReasons": {"statuses": ["WON"]},
    }

    for name, input in inputs.items():
        payload = await client.do(name, input, "errors { ... on NotAllowed { needs } }")
        assert [error["needs"] for error in payload["errors"]] == ["administrator"], name


async def first_step_of(client: Client) -> str:
    [pipeline] = await client.ask("{ pipelines { steps { id } } }")
    return str(pipeline["steps"][0]["id"])
