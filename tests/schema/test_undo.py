"""Undoing over HTTP: by the position that a mutation answered."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from sales import undoing
from sales.leads import Lead
from sales.leads.moves import move
from sales.viewers import Viewer
from tests.api import Client, id_of, signed_in
from tests.factories import a_lead, a_user, column, steps_of
from tests.turning import dispatch_all

FIELDS = """isTold leads { id status version step { name } history(last: 1) { nodes { kind text undoes position } } }
  errors { ... on CannotUndo { reason } ... on VersionConflict { version fields { field base theirs yours } }
    ... on NotAllowed { needs } }"""


@pytest.fixture(autouse=True)
def _window() -> Iterator[None]:
    undoing.use(timedelta(seconds=15))
    yield
    undoing.use(timedelta(0))


async def test_what_was_done_is_undone_by_its_position_and_nobody_is_told(ada: Viewer, client: Client) -> None:
    ben = await a_user(ada, name="Ben")
    lead = await a_lead(ben)
    won = await client.do("leadWin", {"id": id_of(lead)}, "lead { version }")
    await dispatch_all()

    undone = await client.do("undo", {"position": won["position"]}, FIELDS)
    await dispatch_all()

    [back] = undone["leads"]
    [event] = back["history"]["nodes"]
    assert (undone["isTold"], undone["errors"], undone["warnings"]) == (False, [], [])
    assert (back["id"], back["status"], back["version"]) == (id_of(lead), "TODO", 3)
    assert event == {
        "kind": "LEAD_UNDONE", "text": "Ada Admin undid a change of: status, closing date.",
        "undoes": won["position"], "position": undone["position"],
    }  # fmt: skip
    bens = await signed_in(ben)
    assert await bens.ask("{ notifications { nodes { kind } } }") == {"nodes": []}


async def test_what_can_be_undone_waits_in_no_inbox_before_the_window_is_over(ada: Viewer, client: Client) -> None:
    ben = await a_user(ada, name="Ben")
    lead = await a_lead(ben)
    await dispatch_all()
    bens = await signed_in(ben)
    seen = "{ notifications { unreadCount nodes { kind } } }"

    await client.do("leadLose", {"id": id_of(lead)})
    await dispatch_all()
    assert (await bens.ask(seen))["unreadCount"] == 0

    undoing.use(timedelta(0))
    await client.do("leadReopen", {"id": id_of(lead)})
    await dispatch_all()
    assert [each["kind"] for each in (await bens.ask(seen))["nodes"]] == ["STATUS_CHANGED"]


async def test_an_undo_that_comes_too_late_says_that_people_are_told(ada: Viewer, client: Client) -> None:
    won = await client.do("leadWin", {"id": id_of(await a_lead(ada))})
    undoing.use(timedelta(microseconds=1))

    undone = await client.do("undo", {"position": won["position"]}, FIELDS)

    assert (undone["isTold"], undone["leads"][0]["status"]) == (True, "TODO")


async def test_a_second_undo_is_refused_and_the_same_request_again_answers_the_first_outcome(
    ada: Viewer, client: Client
) -> None:
    won = await client.do("leadWin", {"id": id_of(await a_lead(ada))})
    input = {"position": won["position"]}
    first = await client.do("undo", input, FIELDS, Idempotency_Key="once")

    again = await client.do("undo", input, FIELDS, Idempotency_Key="once")
    second = await client.do("undo", input, FIELDS)

    assert again == first
    [error] = second["errors"]
    assert (error["code"], error["reason"], error["path"]) == ("CANNOT_UNDO", "ALREADY", ["position"])
    assert (second["leads"], second["isTold"], second["position"]) == (None, None, None)
    assert error["message"] == "This has been undone already."


async def test_a_field_that_has_changed_since_is_a_conflict_with_ids_that_clients_know(
    ada: Viewer, client: Client
) -> None:
    first, second, third, *_ = await steps_of(ada)
    lead = await a_lead(ada)
    moved = await client.do("leadMove", {"id": id_of(lead), "stepId": id_of(second)})
    await move(lead.id, by=ada, step_id=third.id)

    undone = await client.do("undo", {"position": moved["position"]}, FIELDS)

    [error] = undone["errors"]
    assert error["__typename"] == "VersionConflict"
    assert error["fields"] == [
        {"field": "stepId", "base": id_of(second), "theirs": id_of(third), "yours": id_of(first)}
    ]
    assert (await Lead.get(id=lead.id)).step_id == third.id


async def test_a_conflict_over_a_reminder_names_it_as_clients_do(ada: Viewer, client: Client) -> None:
    lead = await a_lead(ada)
    later = {"id": id_of(lead), "until": {"after": "P1D"}}
    stood = await client.do("leadStandBy", later)
    await client.do("leadStandBy", later)

    undone = await client.do("undo", {"position": stood["position"]}, FIELDS)

    [error] = undone["errors"]
    reminder, *_ = error["fields"]
    assert [each["field"] for each in error["fields"]] == ["wakingReminderId"]
    assert reminder["theirs"].startswith("reminder_")
    assert reminder["yours"] is None


async def test_a_deleted_step_is_back_with_its_leads(ada: Viewer, client: Client) -> None:
    first, second, *_ = await steps_of(ada)
    leads = [await a_lead(ada, title=title, step=second) for title in "ab"]
    deleted = await client.do("stepDelete", {"id": id_of(second), "targetStepId": id_of(first)})

    undone = await client.do("undo", {"position": deleted["position"]}, FIELDS)

    assert [(lead["id"], lead["step"]["name"]) for lead in undone["leads"]] == [
        (id_of(lead), "Contacted") for lead in leads
    ]
    assert await column(second) == ["a", "b"]
    assert [lead["history"]["nodes"][0]["text"] for lead in undone["leads"]] == [
        "Ada Admin undid a change of: step."
    ] * 2


async def test_who_may_not_undo_is_told_who_may(ada: Viewer, client: Client) -> None:
    ben = await a_user(ada, name="Ben")
    won = await client.do("leadWin", {"id": id_of(await a_lead(ben))})

    undone = await (await signed_in(ben)).do("undo", {"position": won["position"]}, FIELDS)

    [error] = undone["errors"]
    assert (error["__typename"], error["needs"]) == ("NotAllowed", "undo")


async def test_a_place_alone_and_a_reminder_alone_have_their_own_sentences(ada: Viewer, client: Client) -> None:
    a, b = await a_lead(ada), await a_lead(ada)
    moved = await client.do("leadMove", {"id": id_of(b), "beforeId": id_of(a)})
    later = {"id": id_of(a), "until": {"after": "P1D"}}
    await client.do("leadStandBy", later)
    stood = await client.do("leadStandBy", later)

    told = [
        (await client.do("undo", {"position": each["position"]}, FIELDS))["leads"][0]["history"]["nodes"][0]["text"]
        for each in (moved, stood)
    ]

    assert told == [
        "Ada Admin undid a change of the lead’s place in its column.",
        "Ada Admin undid a change of the lead’s reminder.",
    ]


async def test_what_is_no_position_is_bad_input(client: Client) -> None:
    code = await client.code('mutation { undo(input: {position: "nonsense"}) { position } }')

    assert code == "BAD_USER_INPUT"
