"""Whatever is sent, it is the caller's own mistake and is told as one: nothing here may be a fault of ours."""

import logging
from typing import Any

import pytest

from sales.viewers import Viewer
from tests.api import Client, id_of
from tests.factories import a_lead, events, steps_of

UUID = "01a20000-0000-7000-8000-000000000000"
BAD_IDS = [
    "",
    "x",
    "lead_",
    "lead_1",
    UUID,
    f"LEAD_{UUID}",
    f"lead_{UUID.upper()}",
    f"lead_{{{UUID}}}",
    "lead_\0",
    "é" * 500,
]
DATE_TIMES = [
    "", "now", "2026-11-24", "2026-11-24T09:00:00", "2026-11-24T09:00", "0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z",
    "2026-02-30T00:00:00Z", "2026-11-24T25:00:00Z", "2026-11-24T09:00:00+99:00", "0001-01-01T00:00:00+23:59",
    "9999-12-31T23:59:59-23:59", "2026-11-24T09:00:00.Z", "2026-11-24T09:00:60Z", "\0", 1, 1.5, True, [], {},
    "2026-W48-2T09:00:00Z", "٢٠٢٦-11-24T09:00:00Z",
]  # fmt: skip
DURATIONS = [
    "", "P", "PT", "P1Y", "P1M", "1D", "P-1D", "-P1D", "P1DT", "PT1H1H", "P99999999999D", "PT1e9S", "P1.5D", "\0", 1,
    "P999999D", "PT999999999999H", "P١D",
]  # fmt: skip
DECIMALS = [
    "", "x", "1e5", "1E999999999", "NaN", "Infinity", "-Infinity", "1,5", "1_000", " 1", "0x1", "1" * 31,
    "1." + "1" * 31, "\0", 1.5, 1e308, True, [], {}, "١",
]  # fmt: skip


@pytest.fixture(autouse=True)
def _no_fault_of_ours(caplog: pytest.LogCaptureFixture) -> Any:
    with caplog.at_level(logging.ERROR, "relance.api"):
        yield
    assert not caplog.records


@pytest.mark.parametrize("at", DATE_TIMES)
async def test_an_instant_that_is_none_is_refused(client: Client, at: Any) -> None:
    input = {"id": f"lead_{UUID}", "until": {"at": at}}

    assert await code(client, "leadStandBy", input) == "BAD_USER_INPUT"


@pytest.mark.parametrize("after", DURATIONS)
async def test_a_duration_that_is_none_is_refused(client: Client, after: Any) -> None:
    input = {"id": f"lead_{UUID}", "until": {"after": after}}

    assert await code(client, "leadStandBy", input) == "BAD_USER_INPUT"


@pytest.mark.parametrize("amount", DECIMALS)
async def test_a_decimal_that_is_none_is_refused(client: Client, amount: Any) -> None:
    input = {"title": "x", "amount": {"amount": amount, "currency": "EUR"}}

    assert await code(client, "leadCreate", input) == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    "moment",
    [
        {}, {"at": None}, {"on": None}, {"on": "2026-13-01"}, {"on": "0000-00-00"}, {"on": 20261124},
        {"at": "2027-01-01T00:00:00Z", "on": "2027-01-01"}, {"at": "2027-01-01T00:00:00Z", "after": None},
        {"local": {"date": "2027-01-01", "time": "24:00", "timeZone": "UTC"}},
        {"local": {"date": "2027-01-01", "time": "09:00+01:00", "timeZone": "UTC"}},
        {"local": {"date": "2027-01-01", "time": "09:00"}}, {"nope": 1, "on": "2027-01-01"},
    ],
)  # fmt: skip
async def test_a_moment_is_exactly_one_of_its_forms(client: Client, moment: Any) -> None:
    assert await code(client, "leadStandBy", {"id": f"lead_{UUID}", "until": moment}) == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    ("moment", "path", "reason"),
    [
        ({"at": "2001-01-01T00:00:00Z"}, ["until", "at"], "moment_past"),
        ({"at": "9999-12-31T23:59:59Z"}, ["until", "at"], "moment_too_far"),
        ({"at": "0001-01-01T00:00:00Z"}, ["until", "at"], "moment_past"),
        ({"on": "0001-01-01"}, ["until", "on"], "moment_past"),
        ({"on": "9999-12-31"}, ["until", "on"], "moment_too_far"),
        ({"after": "PT0S"}, ["until", "after"], "delay_not_positive"),
        ({"after": "P36600D"}, ["until", "after"], "moment_too_far"),
        (
            {"local": {"date": "2027-01-01", "time": "09:00", "timeZone": "../etc/passwd"}},
            ["until", "local", "timeZone"],
            "time_zone_unknown",
        ),
        (
            {"local": {"date": "0001-01-01", "time": "00:00", "timeZone": "Asia/Tokyo"}},
            ["until", "local"],
            "moment_past",
        ),
        (
            {"local": {"date": "9999-12-31", "time": "23:59", "timeZone": "America/New_York"}},
            ["until", "local"],
            "moment_too_far",
        ),
    ],
)
async def test_a_moment_that_cannot_be_waited_for_is_refused_by_the_rules(
    ada: Viewer, client: Client, moment: Any, path: list[str], reason: str
) -> None:
    lead = await a_lead(ada)

    payload = await client.do(
        "leadStandBy", {"id": id_of(lead), "until": moment}, "lead { id } errors { ... on InvalidValue { reason } }"
    )

    [error] = payload["errors"]
    assert (error["code"], error["path"], error["reason"]) == ("INVALID_VALUE", path, reason)
    assert payload["lead"] is None
    assert len(await events(ada, lead_id=lead.id)) == 1


@pytest.mark.parametrize("id", BAD_IDS)
async def test_an_id_that_is_none_is_an_error_with_its_path(client: Client, id: str) -> None:
    payload = await client.do("leadStar", {"id": id})

    assert [(error["code"], error["path"]) for error in payload["errors"]] == [("INVALID_VALUE", ["id"])]


@pytest.mark.parametrize("id", [*BAD_IDS, f"user_{UUID}", f"event_{UUID}_1"])
async def test_an_id_in_a_query_is_refused_or_names_nothing(client: Client, id: str) -> None:
    assert await client.ask("query ($id: ID!) { node(id: $id) { id } }", id=id) is None
    assert await client.ask("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=[id, id]) == [None, None]
    assert await client.code("query ($id: ID!) { lead(id: $id) { id } }", id=id) == "BAD_USER_INPUT"
    assert await client.code(
        "query ($id: ID!) { leads(filter: { step: { id: { eq: $id } } }) { totalCount } }", id=id
    ) == ("BAD_USER_INPUT")


@pytest.mark.parametrize(
    "id",
    [
        f"event_{UUID}", f"event_{UUID}_", f"event_{UUID}_0", f"event_{UUID}_-1", f"event_{UUID}_1.0",
        f"event_{UUID}_01", f"event_{UUID}_9223372036854775808", f"event_{UUID}_{'9' * 400}",
        f"event_{UUID}_١", f"event_{UUID}_1", f"account_{UUID}", f"key_{UUID}", f"delivery_{UUID}",
    ],
)  # fmt: skip
async def test_an_id_of_nothing_names_nothing(client: Client, id: str) -> None:
    assert await client.ask("query ($id: ID!) { node(id: $id) { id } }", id=id) is None


async def test_more_than_a_hundred_ids_are_refused(client: Client) -> None:
    assert await client.code("query ($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=["x"] * 101) == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    "filter",
    [
        {"text": "a\0b"}, {"text": "x" * 201}, {"number": {"eq": 2**31}}, {"number": {"eq": 1.5}},
        {"number": {"in": list(range(101))}}, {"amount": {"gt": "1E99"}}, {"createdAt": {"gte": {}}},
        {"createdAt": {"gte": {"ago": "P1D", "ahead": "P1D"}}}, {"status": {"eq": "NOPE"}}, {"nope": 1},
        {"and": [{"and": [{"and": [{"and": [{"and": [{}]}]}]}]}]}, {"or": [{}] * 300}, {"isStarred": "yes"},
    ],
)  # fmt: skip
async def test_a_filter_that_cannot_be_is_refused(client: Client, filter: Any) -> None:
    query = "query ($filter: LeadFilter) { leads(filter: $filter) { totalCount } }"

    assert await client.code(query, filter=filter) == "BAD_USER_INPUT"


@pytest.mark.parametrize(
    "filter",
    [
        {"text": "%_\\'\"; drop table leads --"}, {"text": "é" * 200}, {"number": {"lt": -(2**31)}},
        {"amount": {"gt": "-" + "9" * 30}}, {"createdAt": {"lt": {"at": "0001-01-02T00:00:00Z"}}},
        {"createdAt": {"gt": {"ahead": "P36600D"}}}, {"createdAt": {"lt": {"ago": "P36600D"}}},
        {"expectedCloseOn": {"eq": {"on": "9999-12-31"}}}, {"expectedCloseOn": {"gt": {"ahead": "P36600D"}}},
        {"expectedCloseOn": {"lt": {"ago": "P36600D"}}}, {"probability": {"gt": 2**31 - 1}}, {"currency": {"eq": ""}},
        {"title": {"eq": "a\nb"}}, {"description": {"startsWith": "%_\\"}}, {"number": {"in": []}}, {"or": []},
    ],
)  # fmt: skip
async def test_a_filter_that_is_odd_finds_nothing(ada: Viewer, client: Client, filter: Any) -> None:
    await a_lead(ada)

    assert await client.ask("query ($f: LeadFilter) { leads(filter: $f) { totalCount } }", f=filter) == {
        "totalCount": 0
    }


@pytest.mark.parametrize(
    ("input", "path"),
    [
        ({"title": ""}, ["title"]),
        ({"title": " "}, ["title"]),
        ({"title": "\0"}, ["title"]),
        ({"title": "\u200b"}, ["title"]),
        ({"title": "x" * 201}, ["title"]),
        ({"title": "x", "description": "\0"}, ["description"]),
        ({"title": "x", "description": "x" * 20_001}, ["description"]),
        ({"title": "x", "probability": 101}, ["probability"]),
        ({"title": "x", "probability": -(2**31)}, ["probability"]),
        ({"title": "x", "amount": {"amount": "-1", "currency": "EUR"}}, ["amount", "amount"]),
        ({"title": "x", "amount": {"amount": "9" * 30, "currency": "EUR"}}, ["amount", "amount"]),
        ({"title": "x", "amount": {"amount": "0.001", "currency": "EUR"}}, ["amount", "amount"]),
        ({"title": "x", "amount": {"amount": "0." + "0" * 29 + "1", "currency": "EUR"}}, ["amount", "amount"]),
        ({"title": "x", "amount": {"amount": "1", "currency": "Euro"}}, ["amount", "currency"]),
        ({"title": "x", "status": "STANDBY"}, ["until"]),
        ({"title": "x", "createdAt": "9999-12-31T00:00:00Z"}, ["createdAt"]),
        ({"title": "x", "closedAt": "2026-01-01T00:00:00Z"}, ["closedAt"]),
        ({"title": "x", "id": "lead_1"}, ["id"]),
        ({"title": "x", "stepId": f"lead_{UUID}"}, ["stepId"]),
        ({"title": "x", "ownerId": "me"}, ["ownerId"]),
    ],
)
async def test_a_lead_with_a_value_that_cannot_be_is_refused_with_its_path(
    ada: Viewer, client: Client, input: Any, path: list[str]
) -> None:
    payload = await client.do("leadCreate", input, "lead { id }")

    assert [(error["code"], error["path"]) for error in payload["errors"]] == [("INVALID_VALUE", path)]
    assert payload["lead"] is None
    assert await events(ada, kind="lead.created") == []


async def test_a_lead_created_in_the_first_year_is_taken_or_refused(client: Client) -> None:
    payload = await client.do("leadCreate", {"title": "x", "createdAt": "0001-01-01T00:00:00Z"}, "lead { createdAt }")

    assert payload["errors"] or payload["lead"] == {"createdAt": "0001-01-01T00:00:00Z"}


async def test_all_that_is_wrong_is_told_at_once(client: Client) -> None:
    payload = await client.do("leadCreate", {"title": "", "probability": 101, "createdAt": "2999-01-01T00:00:00Z"})

    assert {error["path"][0] for error in payload["errors"]} == {"title", "probability", "createdAt"}


async def test_null_is_refused_where_nothing_can_be_cleared(ada: Viewer, client: Client) -> None:
    lead = await a_lead(ada)

    payload = await client.do("leadEdit", {"id": id_of(lead), "title": None, "description": None, "amount": None})

    assert [(error["code"], error["path"]) for error in payload["errors"]] == [
        ("INVALID_VALUE", ["title"]),
        ("INVALID_VALUE", ["description"]),
    ]


@pytest.mark.parametrize("version", [0, -1, 99, -(2**31), 2**31 - 1])
async def test_a_version_that_never_was_is_refused(ada: Viewer, client: Client, version: int) -> None:
    lead = await a_lead(ada)

    payload = await client.do("leadEdit", {"id": id_of(lead), "title": "x", "expectedVersion": version})

    assert [(error["code"], error["path"]) for error in payload["errors"]] == [("INVALID_VALUE", ["expectedVersion"])]


@pytest.mark.parametrize("number", [0, -1, 2**31 - 1])
async def test_a_number_that_no_lead_has_finds_none(client: Client, number: int) -> None:
    assert await client.ask("query ($number: Int!) { lead(number: $number) { id } }", number=number) is None


@pytest.mark.parametrize("arguments", ["", "(id: null)", f'(id: "lead_{UUID}", number: 1)'])
async def test_a_lead_is_asked_for_by_one_of_its_two_names(client: Client, arguments: str) -> None:
    assert await client.code(f"{{ lead{arguments} {{ id }} }}") == "BAD_USER_INPUT"


async def test_a_step_named_like_a_status_is_refused(ada: Viewer, client: Client) -> None:
    [step, *_] = await steps_of(ada)

    payload = await client.do(
        "stepEdit", {"id": id_of(step), "name": "À  faire"}, "errors { ... on InvalidValue { reason } }"
    )

    assert payload["errors"][0]["reason"] == "name_like_status"


async def code(client: Client, mutation: str, input: Any) -> str:
    kind = f"{mutation[0].upper()}{mutation[1:]}Input"
    return await client.code(f"mutation ($input: {kind}!) {{ {mutation}(input: $input) {{ position }} }}", input=input)
