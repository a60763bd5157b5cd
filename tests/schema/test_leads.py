"""Leads through the API: what a client sends and what it gets back."""

from decimal import Decimal
from typing import Any

import pytest

from sales.ids import new_id
from sales.leads import Status
from sales.leads.edit import edit
from sales.leads.owners import claim
from sales.money import Money
from sales.reasons import Reason, require_for
from sales.steps import Guard
from sales.steps import edit as edit_step
from sales.viewers import Viewer
from tests.api import Client, id_of, signed_in
from tests.factories import a_lead, a_user, an_account, events, last_event, steps_of


async def test_a_lead_is_made_with_every_field_in_one_call(ada: Viewer, client: Client) -> None:
    ben, [_, step, *_] = await a_user(ada), await steps_of(ada)
    input = {
        "title": " New  roof ", "description": "Slate", "amount": {"amount": "1500.5", "currency": "EUR"},
        "probability": 40, "expectedCloseOn": "2027-03-01", "isStarred": True, "ownerId": id_of(ben.user),
        "stepId": id_of(step), "status": "STANDBY", "until": {"after": "P1D"}, "activity": "Call", "note": "After ten",
        "createdAt": "2026-01-05T10:00:00+01:00",
    }  # fmt: skip

    payload = await client.do(
        "leadCreate",
        input,
        """lead { number version title description amount { amount currency } probability ownProbability isStarred
            expectedCloseOn owner { id } createdBy { id } step { id } status createdAt mayEdit allowedStatuses
            nextReminder { activity note wakes } }""",
    )

    assert payload["errors"] == payload["warnings"] == []
    assert payload["lead"] == {
        "number": 1, "version": 1, "title": "New roof", "description": "Slate",
        "amount": {"amount": "1500.50", "currency": "EUR"}, "probability": 40, "ownProbability": 40, "isStarred": True,
        "expectedCloseOn": "2027-03-01", "owner": {"id": id_of(ben.user)}, "createdBy": {"id": id_of(ada.user)},
        "step": {"id": id_of(step)}, "status": "STANDBY", "createdAt": "2026-01-05T09:00:00Z", "mayEdit": True,
        "allowedStatuses": ["TODO", "STANDBY", "WON", "LOST", "CANCELLED"],
        "nextReminder": {"activity": "Call", "note": "After ten", "wakes": True},
    }  # fmt: skip


@pytest.mark.parametrize(("given", "owner"), [({}, "Ada Admin"), ({"ownerId": None}, None)])
async def test_left_out_and_null_are_two_things(client: Client, given: dict[str, Any], owner: str | None) -> None:
    payload = await client.do("leadCreate", {"title": "x"} | given, "lead { owner { name } }")

    assert payload["lead"]["owner"] == (owner and {"name": owner})


async def test_an_edit_changes_what_is_sent_clears_what_is_null_and_leaves_the_rest(
    ada: Viewer, client: Client
) -> None:
    lead = await a_lead(ada, title="Roof", money=Money(Decimal(10), "EUR"), probability=5, description="Slate")

    payload = await client.do(
        "leadEdit", {"id": id_of(lead), "amount": None, "title": "Barn"},
        "lead { title description ownProbability amount { amount } version }",
    )  # fmt: skip

    assert payload["lead"] == {
        "title": "Barn", "description": "Slate", "ownProbability": 5, "amount": None, "version": 2,
    }  # fmt: skip


async def test_a_clients_own_id_makes_one_lead_however_often_it_is_sent(ada: Viewer, client: Client) -> None:
    input = {"id": f"lead_{new_id()}", "title": "From the train"}

    first = await client.do("leadCreate", input, "lead { id number }", idempotency_key="a")
    second = await client.do("leadCreate", input, "lead { id number }", idempotency_key="b")
    other = await client.do("leadCreate", input | {"title": "Another"}, "lead { id }")

    assert first == second
    assert first["lead"]["id"] == input["id"]
    assert [error["code"] for error in other["errors"]] == ["INVALID_VALUE"]
    assert len(await events(ada, kind="lead.created")) == 1


async def test_an_id_that_another_account_took_is_refused_without_a_word_about_it(client: Client) -> None:
    lead = await a_lead(await an_account())

    payload = await client.do(
        "leadCreate", {"id": id_of(lead), "title": "x"}, "errors { ... on InvalidValue { reason } }"
    )

    assert [(error["path"], error["reason"]) for error in payload["errors"]] == [(["id"], "id_taken")]


async def test_a_conflict_says_base_theirs_and_yours_per_field(ada: Viewer, client: Client) -> None:
    lead, ben = await a_lead(ada, title="Roof"), await a_user(ada)
    await edit(lead.id, by=ada, fields={"title": "Barn"})
    await client.do("leadAssign", {"id": id_of(lead), "ownerId": id_of(ben.user)})

    fields = "errors { ... on VersionConflict { version fields { field base theirs yours } } }"
    titled = await client.do("leadEdit", {"id": id_of(lead), "title": "House", "expectedVersion": 1}, fields)
    owned = await client.do("leadAssign", {"id": id_of(lead), "ownerId": None, "expectedVersion": 1}, fields)
    untouched = await client.do("leadEdit", {"id": id_of(lead), "description": "Slate", "expectedVersion": 1}, fields)

    [conflict] = titled["errors"]
    assert (conflict["code"], conflict["path"], conflict["version"]) == ("VERSION_CONFLICT", ["expectedVersion"], 3)
    assert conflict["fields"] == [{"field": "title", "base": "Roof", "theirs": "Barn", "yours": "House"}]
    assert owned["errors"][0]["fields"] == [
        {"field": "ownerId", "base": id_of(ada.user), "theirs": id_of(ben.user), "yours": None}
    ]
    assert untouched["errors"] == []


async def test_a_step_that_asks_for_more_says_all_that_is_missing(ada: Viewer, client: Client) -> None:
    lead, [_, step, *_] = await a_lead(ada), await steps_of(ada)
    await edit_step(step.id, by=ada, fields={"guards": [Guard.AMOUNT, Guard.EXPECTED_CLOSE_ON]})

    payload = await client.do(
        "leadMove",
        {"id": id_of(lead), "stepId": id_of(step)},
        "errors { ... on StepGuardFailed { missing } } lead { id }",
    )

    [error] = payload["errors"]
    assert (error["__typename"], error["missing"]) == ("StepGuardFailed", ["AMOUNT", "EXPECTED_CLOSE_ON"])
    assert error["message"] == "To enter “Contacted” a lead needs: amount, expected closing date."
    assert payload["lead"] is None
    assert payload["position"] is None


async def test_a_transition_that_is_not_allowed_says_what_is(ada: Viewer, client: Client) -> None:
    lead = await a_lead(ada)
    await client.do("leadWin", {"id": id_of(lead)})

    payload = await client.do(
        "leadLose", {"id": id_of(lead)}, "errors { ... on IllegalTransition { from to allowed } }"
    )

    [error] = payload["errors"]
    assert error["code"] == "ILLEGAL_TRANSITION"
    assert (error["from"], error["to"], error["allowed"]) == ("WON", "LOST", ["TODO", "STANDBY"])


async def test_a_reason_that_is_missing_is_asked_for_in_the_viewers_language() -> None:
    ada = await an_account(locale="fr")
    client, lead = await signed_in(ada), await a_lead(ada)
    await require_for(by=ada, statuses=[Status.LOST])

    payload = await client.do("leadLose", {"id": id_of(lead)}, "errors { ... on ReasonRequired { status } }")
    reason = await Reason.filter(account_id=ada.account.id, status=Status.LOST).first()
    assert reason is not None
    done = await client.do(
        "leadLose", {"id": id_of(lead), "reasonId": id_of(reason)}, "lead { status reason { label } }"
    )

    [error] = payload["errors"]
    assert (error["code"], error["path"], error["status"]) == ("REASON_REQUIRED", ["reasonId"], "LOST")
    assert "Perdu" in error["message"]
    assert done["lead"] == {"status": "LOST", "reason": {"label": reason.label}}


async def test_of_two_who_claim_one_is_told_who_was_faster(ada: Viewer, client: Client) -> None:
    ben = await a_user(ada, name="Ben")
    lead = await a_lead(ada, owner=None)
    await claim(lead.id, by=ben)

    payload = await client.do("leadClaim", {"id": id_of(lead)}, "errors { ... on AlreadyClaimed { owner { name } } }")

    assert [(error["code"], error["owner"]) for error in payload["errors"]] == [("ALREADY_CLAIMED", {"name": "Ben"})]


async def test_closing_warns_of_reminders_that_stay(ada: Viewer, client: Client) -> None:
    lead = await a_lead(ada)
    reminder = await client.do("reminderSet", {"leadId": id_of(lead), "at": {"after": "P1D"}}, "reminder { id }")

    payload = await client.do(
        "leadWin", {"id": id_of(lead), "amount": {"amount": "99", "currency": "JPY"}},
        "lead { status amount { amount } reminders { id } }",
    )  # fmt: skip

    [advice] = payload["warnings"]
    assert (advice["code"], advice["ids"]) == ("REMINDERS_KEPT", [reminder["reminder"]["id"]])
    assert payload["lead"] == {"status": "WON", "amount": {"amount": "99"}, "reminders": [{"id": advice["ids"][0]}]}


async def test_the_history_says_who_did_what_from_what_to_what(ada: Viewer, client: Client) -> None:
    lead, [first, second, *_] = await a_lead(ada), await steps_of(ada)

    payload = await client.do(
        "leadMove", {"id": id_of(lead), "stepId": id_of(second)},
        """lead { history(last: 1) { nodes { kind text position requestId causedBy actor { name } lead { id }
            changes { field from to fromLabel toLabel } } } }""",
        x_request_id="req-7",
    )  # fmt: skip

    [event] = payload["lead"]["history"]["nodes"]
    assert event == {
        "kind": "LEAD_MOVED", "text": "Ada Admin moved the lead to “Contacted”.", "position": payload["position"],
        "requestId": "req-7", "causedBy": None, "actor": {"name": "Ada Admin"}, "lead": {"id": id_of(lead)},
        "changes": [
            {
                "field": "stepId", "from": id_of(first), "to": id_of(second), "fromLabel": "To qualify",
                "toLabel": "Contacted",
            }
        ],
    }  # fmt: skip


async def test_every_kind_of_event_has_a_sentence_in_both_languages(ada: Viewer, client: Client) -> None:
    """All that people can do to a lead, one after the other; a sentence that is missing would be a fault."""
    lead, ben, [_, step, *_] = await a_lead(ada), await a_user(ada), await steps_of(ada)
    id, soon = id_of(lead), {"after": "P1D"}
    for name, input in (
        ("leadEdit", {"title": "x", "probability": 1}), ("leadMove", {"stepId": id_of(step)}), ("leadStar", {}),
        ("leadUnstar", {}), ("leadStandBy", {"until": soon}), ("leadToDo", {}), ("leadWin", {}), ("leadReopen", {}),
        ("leadLose", {}), ("leadReopen", {"until": soon}), ("leadCancel", {}),
        ("leadCorrectClosing", {"closedAt": (await last_event(ada)).at.isoformat()}),
        ("leadAssign", {"ownerId": id_of(ben.user)}), ("leadAssign", {"ownerId": None}), ("leadClaim", {}),
    ):  # fmt: skip
        assert (await client.do(name, {"id": id} | input))["errors"] == [], name
    reminder = (await client.do("reminderSet", {"leadId": id, "at": soon}, "reminder { id }"))["reminder"]
    for name, input in (("reminderMove", {"note": "x"}), ("reminderSnooze", {"until": soon}), ("reminderDone", {})):
        assert (await client.do(name, reminder | input))["errors"] == [], name
    query = "query ($id: ID!) { lead(id: $id) { history(first: 100) { nodes { kind text } } } }"

    english = (await client.ask(query, id=id))["history"]["nodes"]
    await client.do("viewerSetPreferences", {"locale": "fr"})
    french = (await client.ask(query, id=id))["history"]["nodes"]

    assert len(english) == 20
    assert all(event["text"].endswith(".") and "?" not in event["text"] for event in english)
    assert all(one["text"] != other["text"] for one, other in zip(english, french, strict=True))
