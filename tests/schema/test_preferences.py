"""What a person decides about being told, over the API: choices, watches, and what will reach them when."""

from datetime import timedelta
from typing import Any

import pytest

from sales import database
from sales.moments import After
from sales.reminders.decisions import set_reminder
from sales.viewers import Viewer
from tests.api import Client, id_of, written
from tests.factories import a_lead, reminders_of, steps_of

SHOWN = """choices { kind channel isOn usual isOwn } paces { channel pace isOwn } quietHours { days from until }
workingDays holidays { country subdivision } hasOwnQuietHours hasOwnWorkingDays hasOwnHolidays"""
FORECAST = """query ($from: DateTime!, $to: DateTime!, $userId: ID) {
  deliveryForecast(from: $from, to: $to, userId: $userId) {
    isComplete messageCount
    messages { at channel isDigest noticeCount notices { kind isUrgent lead { title } reminder { id } } } } }"""


def choice(shown: Any, kind: str, channel: str) -> dict[str, Any]:
    [found] = [each for each in shown["choices"] if (each["kind"], each["channel"]) == (kind, channel)]
    return {name: value for name, value in found.items() if name not in ("kind", "channel")}


async def test_who_has_decided_nothing_is_told_everything_at_once(client: Client) -> None:
    shown = await client.ask(f"{{ notificationPreferences {{ {SHOWN} }} }}")

    assert choice(shown, "STEP_CHANGED", "EMAIL") == {"isOn": True, "usual": True, "isOwn": False}
    assert {pace["pace"] for pace in shown["paces"]} == {"AT_ONCE"}
    assert (shown["quietHours"], len(shown["workingDays"]), shown["holidays"]) == ([], 7, None)


async def test_ones_own_choice_stands_beside_the_usual_one_and_is_given_back_with_null(
    client: Client, bens: Client
) -> None:
    no_mail = {"kind": "STEP_CHANGED", "channel": "EMAIL", "isOn": False}
    mail = no_mail | {"isOn": True}

    await client.do("notificationDefaultsSet", {"choices": [no_mail]})
    own = await bens.do("notificationPreferencesSet", {"choices": [mail]}, f"preferences {{ {SHOWN} }}")
    back = await bens.do(
        "notificationPreferencesSet", {"choices": [no_mail | {"isOn": None}]}, f"preferences {{ {SHOWN} }}"
    )

    assert choice(own["preferences"], "STEP_CHANGED", "EMAIL") == {"isOn": True, "usual": False, "isOwn": True}
    assert choice(back["preferences"], "STEP_CHANGED", "EMAIL") == {"isOn": False, "usual": False, "isOwn": False}


async def test_hours_days_holidays_and_paces_are_answered_as_they_were_set(client: Client) -> None:
    payload = await client.do(
        "notificationPreferencesSet",
        {
            "quietHours": [{"days": ["FRIDAY", "MONDAY"], "from": "20:00:00", "until": "07:30:00"}],
            "workingDays": ["MONDAY", "FRIDAY"],
            "holidays": {"country": "DE", "subdivision": "BY"},
            "paces": [{"channel": "EMAIL", "pace": "HOURLY"}],
        },
        f"preferences {{ {SHOWN} }}",
    )

    shown = payload["preferences"]
    assert payload["errors"] == []
    assert shown["quietHours"] == [{"days": ["MONDAY", "FRIDAY"], "from": "20:00:00", "until": "07:30:00"}]
    assert shown["workingDays"] == ["MONDAY", "FRIDAY"]
    assert shown["holidays"] == {"country": "DE", "subdivision": "BY"}
    assert shown["paces"][0] == {"channel": "EMAIL", "pace": "HOURLY", "isOwn": True}
    assert (shown["hasOwnQuietHours"], shown["hasOwnWorkingDays"], shown["hasOwnHolidays"]) == (True, True, True)


async def test_only_administrators_set_the_defaults(bens: Client) -> None:
    payload = await bens.do("notificationDefaultsSet", {"workingDays": ["MONDAY"]}, "preferences { workingDays }")

    assert [error["code"] for error in payload["errors"]] == ["NOT_ALLOWED"]
    assert payload["preferences"] is None


@pytest.mark.parametrize("word", ["lead", "step", "pipeline", "view"])
async def test_each_thing_can_be_watched_muted_and_neither(ada: Viewer, client: Client, word: str) -> None:
    lead, [step, *_] = await a_lead(ada), await steps_of(ada)
    view = await client.do("viewCreate", {"name": "Mine", "layout": "TABLE"}, "view { id }")
    id = {"lead": id_of(lead), "step": id_of(step), "pipeline": f"pipeline_{step.pipeline_id}",
          "view": view["view"]["id"]}[word]  # fmt: skip

    answers = [
        (await client.do(f"{word}{verb}", {"id": id}, f"{word} {{ id attention }}"))[word]
        for verb in ("Watch", "Mute", "Unwatch")
    ]

    assert answers == [{"id": id, "attention": attention} for attention in ("WATCHED", "MUTED", None)]


async def test_what_one_watches_is_ones_own_affair(ada: Viewer, client: Client, bens: Client) -> None:
    lead = await a_lead(ada)
    await client.do("leadWatch", {"id": id_of(lead)})
    listed = "{ watches { nodes { attention lead { title } step { name } } } }"

    assert (await client.ask(listed))["nodes"] == [
        {"attention": "WATCHED", "lead": {"title": "New roof"}, "step": None}
    ]
    assert (await bens.ask(listed))["nodes"] == []
    assert (await bens.ask("query ($id: ID!) { lead(id: $id) { attention } }", id=id_of(lead))) == {"attention": None}


async def test_a_forecast_says_what_will_come_when_and_by_which_way(ada: Viewer, client: Client) -> None:
    lead = await a_lead(ada)
    [row] = await database.fetch("select now() as now")
    await set_reminder(lead.id, by=ada, at=After(timedelta(hours=30)))
    await set_reminder(lead.id, by=ada, at=After(timedelta(hours=30, minutes=1)), urgent=True)
    [plain, urgent] = await reminders_of(lead)
    await client.do("notificationPreferencesSet", {"paces": [{"channel": "EMAIL", "pace": "MORNING"}]})

    found = await client.ask(FORECAST, **{"from": written(row["now"]), "to": written(row["now"] + timedelta(days=4))})

    by_way = {(each["channel"], each["isDigest"], each["at"]) for each in found["messages"]}
    [digest] = [each for each in found["messages"] if each["isDigest"]]
    assert (found["isComplete"], found["messageCount"]) == (True, 4)
    assert {
        ("IN_APP", False, written(plain.due_at)), ("IN_APP", False, written(urgent.due_at)),
        ("EMAIL", False, written(urgent.due_at)),
    } < by_way  # fmt: skip
    assert digest["at"] >= written(plain.due_at)
    assert digest["notices"] == [
        {"kind": "REMINDER_DUE", "isUrgent": False, "lead": {"title": "New roof"}, "reminder": {"id": id_of(plain)}}
    ]


async def test_a_forecast_is_ones_own_unless_one_is_an_administrator(ada: Viewer, client: Client, bens: Client) -> None:
    [row] = await database.fetch("select now() as now")
    stretch = {"from": written(row["now"]), "to": written(row["now"] + timedelta(days=1))}
    ben = (await bens.ask("{ viewer { user { id } } }"))["user"]["id"]

    assert (await client.ask(FORECAST, **stretch, userId=ben))["messages"] == []
    assert await bens.code(FORECAST, **stretch, userId=id_of(ada.user)) == "BAD_USER_INPUT"


async def test_a_forecast_of_more_than_a_month_is_refused(client: Client) -> None:
    stretch = {"from": "2026-11-01T00:00:00Z", "to": "2026-12-03T00:00:00Z"}

    assert await client.code(FORECAST, **stretch) == "BAD_USER_INPUT"
