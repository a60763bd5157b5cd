"""Operations that are asked for by hash: remembered as they come, or the only ones, from a manifest."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from services.api import persisted
from services.api.persisted import Persisted
from services.settings import BadSetting, Settings
from tests.api import GRAPHQL, JSON, Client, an_app

QUERY = "query Kind { __typename }"
HASH = sha256(QUERY.encode()).hexdigest()
OTHER = "{ other: __typename }"


def extension(hash: Any = HASH, version: Any = 1) -> dict[str, Any]:
    return {"persistedQuery": {"version": version, "sha256Hash": hash}}


async def post(client: Client, *, hash: str | None = None, accept: str = JSON, **body: Any) -> httpx.Response:
    asked = body | ({"extensions": extension(hash)} if hash else {})
    return await client.post("/graphql", json=asked, headers={"accept": accept})


def refusal(answer: httpx.Response) -> tuple[str, str]:
    [error] = answer.json()["errors"]
    assert "data" not in answer.json()
    return error["extensions"]["code"], error["message"]


# Remembered as they come


async def test_an_unknown_hash_is_answered_so_that_the_client_sends_the_text(nobody: Client) -> None:
    old, new = await post(nobody, hash=HASH), await post(nobody, hash=HASH, accept=GRAPHQL)

    assert refusal(old) == refusal(new) == ("PERSISTED_QUERY_NOT_FOUND", "PersistedQueryNotFound")
    assert (old.status_code, new.status_code) == (200, 400)


async def test_a_text_that_came_with_its_hash_runs_by_the_hash_alone(nobody: Client) -> None:
    first = await post(nobody, hash=HASH, query=QUERY)
    again = await post(nobody, hash=HASH)
    by_get = await nobody.get("/graphql", params={"extensions": json.dumps(extension())})
    in_a_browser = await nobody.get(
        "/graphql", params={"extensions": json.dumps(extension())}, headers={"accept": "text/html, */*;q=0.5"}
    )

    for answer in (first, again, by_get, in_a_browser):
        assert answer.json()["data"] == {"__typename": "Query"}


async def test_a_hash_that_is_not_the_texts_is_refused_and_not_remembered(nobody: Client) -> None:
    wrong = await post(nobody, hash=HASH, query=OTHER)

    assert (wrong.status_code, refusal(wrong)[0]) == (400, "BAD_REQUEST")
    assert refusal(await post(nobody, hash=HASH))[0] == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_text_without_a_hash_and_one_that_cannot_run_are_not_remembered(nobody: Client) -> None:
    invalid = "{ nothing }"
    hash = persisted.hash_of(invalid)
    await post(nobody, query=QUERY)
    await post(nobody, hash=hash, query=invalid)

    assert refusal(await post(nobody, hash=HASH))[0] == "PERSISTED_QUERY_NOT_FOUND"
    assert refusal(await post(nobody, hash=hash))[0] == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_mutation_by_hash_comes_by_post(client: Client) -> None:
    mutation = 'mutation { leadCreate(input: { title: "x" }) { position } }'
    hash = persisted.hash_of(mutation)
    await post(client, hash=hash, query=mutation)

    by_get = await client.get("/graphql", params={"extensions": json.dumps(extension(hash))})

    assert refusal(by_get)[0] == "METHOD_NOT_ALLOWED"
    assert await client.ask("{ leads { totalCount } }") == {"totalCount": 1}


@pytest.mark.parametrize(
    "asked",
    [
        extension(version=2), extension(version=True), extension(version="1"), extension(hash=None), extension(hash=1),
        {"persistedQuery": HASH}, {"persistedQuery": []}, {"persistedQuery": {}},
    ],
)  # fmt: skip
async def test_what_is_no_persisted_query_is_refused(nobody: Client, asked: dict[str, Any]) -> None:
    answer = await nobody.post("/graphql", json={"query": QUERY, "extensions": asked})

    assert (answer.status_code, refusal(answer)[0]) == (400, "BAD_REQUEST")


def test_the_texts_asked_for_longest_ago_make_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(persisted, "MOST_BYTES", 30)
    known = Persisted()
    for text in ("a" * 10, "b" * 10, "é" * 5):
        known.remember(text, text[0])

    known.text(None, "a")
    known.remember("d", "d")
    known.remember("d", "d")

    assert list(known.texts) == ["é", "a", "d"]
    assert known.texts.size == 21


# Only those of a manifest


def manifest_of(folder: Path, content: Any) -> Path:
    path = folder / "manifest.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
    return path


def apollo(*operations: Any, **changes: Any) -> dict[str, Any]:
    return {"format": persisted.FORMAT, "version": 1, "operations": list(operations)} | changes


KIND = {"id": "kind", "body": QUERY, "name": "Kind", "type": "query"}


@pytest.mark.parametrize("content", [apollo(KIND), {"kind": QUERY}])
async def test_only_the_operations_of_the_manifest_run(pool: None, tmp_path: Path, content: Any) -> None:
    settings = Settings(persisted_manifest=manifest_of(tmp_path, content))

    async with Client(an_app(settings)) as client:
        fine = [
            await post(client, hash="kind"),
            await post(client, query=QUERY),
            await post(client, query=QUERY, hash="kind"),
            await post(client, query=QUERY, hash=HASH),
        ]
        unknown = [
            await post(client, query=OTHER),
            await post(client, query=OTHER, hash=persisted.hash_of(OTHER)),
            await post(client, hash=persisted.hash_of(OTHER)),
            await post(client, query=QUERY + " "),
        ]
        crossed = await post(client, query=QUERY, hash="other")
        empty = await post(client)

    assert all(answer.json()["data"] == {"__typename": "Query"} for answer in fine)
    assert {refusal(answer) for answer in unknown} == {
        ("PERSISTED_QUERY_NOT_FOUND", "Only the operations of the manifest run here, and this is none of them.")
    }
    assert refusal(crossed)[0] == refusal(empty)[0] == "BAD_REQUEST"


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ("{", "which is not JSON in UTF-8"),
        ("[" * 100_000, "which is not JSON in UTF-8"),
        ([KIND], "which must be a manifest of Apollo's or one object of hashes and texts"),
        ({}, "which holds no operation"),
        (apollo(), "which holds no operation"),
        (apollo(KIND, version=2), "whose format isn't apollo-persisted-query-manifest in version 1"),
        (apollo(KIND, format="relay"), "whose format isn't apollo-persisted-query-manifest in version 1"),
        (apollo(KIND, operations={}), "whose operations aren't a list of objects"),
        (apollo("kind"), "whose operations aren't a list of objects"),
        (apollo({"body": QUERY}), "with an operation without an id"),
        (apollo({"id": "kind"}), "the operation 'kind' has no text"),
        (apollo(KIND, KIND | {"body": OTHER}), "two operations have the id 'kind'"),
        ({"kind": "{"}, "the operation 'kind' isn't GraphQL: Syntax Error: Expected Name"),
        ({"kind": 1}, "the operation 'kind' has no text"),
    ],
    ids=str,
)
def test_a_malformed_manifest_ends_the_start_with_a_sentence(tmp_path: Path, content: Any, problem: str) -> None:
    with pytest.raises(BadSetting) as refused:
        an_app(Settings(persisted_manifest=manifest_of(tmp_path, content)))

    assert str(refused.value).startswith("PERSISTED_MANIFEST ")
    assert problem in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_manifest_that_is_not_there_ends_the_start_with_a_sentence(tmp_path: Path) -> None:
    settings = Settings.from_environment({"PERSISTED_MANIFEST": str(tmp_path / "none.json")})

    with pytest.raises(BadSetting, match=r"none\.json, which can't be read \(No such file or directory\)"):
        an_app(settings)
