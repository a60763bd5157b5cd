"""The page that a browser gets at `/graphql`: who gets it, what is in it, and what may run there."""

import json
import re
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request

from services.api import ide

CHROME = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8"


def a_request(accept: str | None, *, method: str = "GET", query: str = "") -> Request:
    headers = [] if accept is None else [(b"accept", accept.encode())]
    return Request(
        {"type": "http", "method": method, "path": "/graphql", "query_string": query.encode(), "headers": headers}
    )


@pytest.fixture
def bundle(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder where the bundle would lie; empty, as on a machine without npm."""
    monkeypatch.setattr(ide, "BUNDLE", tmp_path)
    return tmp_path


@pytest.fixture
def client() -> httpx.AsyncClient:
    transport = httpx.ASGITransport(Starlette(routes=[ide.assets]))
    return httpx.AsyncClient(transport=transport, base_url="http://relance.test/graphql/assets/")


def html_of_page(endpoint: str = "/graphql") -> str:
    return bytes(ide.page(endpoint=endpoint).body).decode()


@pytest.mark.parametrize(
    ("accept", "wanted"),
    [
        (CHROME, True),
        ("text/html", True),
        ("TEXT/HTML; charset=utf-8", True),
        ("text/html, */*", True),
        ("text/html, application/json;q=0.9", True),
        ("text/html;q=0.5, application/json;q=0.4", True),
        (None, False),
        ("", False),
        ("*/*", False),
        ("text/*", False),
        ("application/json", False),
        ("application/graphql-response+json, application/json;q=0.9", False),
        ("text/html, application/json", False),
        ("text/html;q=0.5, application/graphql-response+json", False),
        ("text/html;q=0.5, */*", False),
        ("text/html;q=0", False),
        ("text/html;q=much", False),
        ("text/html;q=nan", False),
        ("text/event-stream", False),
    ],
)
def test_the_page_is_for_whoever_names_html_and_prefers_it_to_json(accept: str | None, wanted: bool) -> None:
    assert ide.wants_page(a_request(accept)) is wanted


@pytest.mark.parametrize(
    ("method", "query", "wanted"),
    [
        ("GET", "", True),
        ("GET", "utm_source=mail", True),
        ("HEAD", "", True),
        ("GET", "query={viewer{id}}", False),
        ("GET", "query=", False),
        ("POST", "", False),
    ],
)
def test_a_browser_that_asks_something_gets_an_answer_and_not_the_page(method: str, query: str, wanted: bool) -> None:
    assert ide.wants_page(a_request(CHROME, method=method, query=query)) is wanted


def test_several_accept_headers_count_as_one() -> None:
    request = a_request("text/html")
    request.scope["headers"].append((b"accept", b"application/json"))

    assert not ide.wants_page(request)


def test_a_bundled_page_takes_everything_from_our_own_origin(bundle: Path) -> None:
    (bundle / "graphiql.js").touch()

    response = ide.page()

    html = bytes(response.body).decode()
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert '<script src="/graphql/assets/graphiql.js" defer></script>' in html
    assert '<link rel="stylesheet" href="/graphql/assets/graphiql.css">' in html
    assert "cdn.js" not in html
    assert "script-src 'self';" in response.headers["content-security-policy"]
    assert "https:" not in html + response.headers["content-security-policy"]


@pytest.mark.usefixtures("bundle")
def test_a_page_without_a_bundle_may_take_graphiql_from_the_cdn_and_from_nowhere_else() -> None:
    response = ide.page()

    html = bytes(response.body).decode()
    assert '<script src="/graphql/assets/cdn.js" type="module"></script>' in html
    assert "graphiql.js" not in html
    assert f"script-src 'self' {ide.CDN};" in response.headers["content-security-policy"]
    assert "GraphiQL could not be loaded" in html


def test_every_file_from_the_cdn_is_pinned_and_held_to_its_hash() -> None:
    script = (ide.SOURCE / "cdn.js").read_text("utf-8")

    files = re.findall(r"'([\w-]+@[^']+)',\s*'(sha384-[A-Za-z0-9+/]{64})'", script)
    assert f"'{ide.CDN}/npm/'" in script
    assert [file for file, _ in files] == [
        "graphiql@4.1.2/graphiql.min.css",
        "react@18.3.1/umd/react.production.min.js",
        "react-dom@18.3.1/umd/react-dom.production.min.js",
        "graphiql@4.1.2/graphiql.min.js",
    ]


def test_the_page_is_kept_by_no_cache_shown_in_no_frame_and_runs_no_inline_script() -> None:
    response = ide.page()

    scripts = re.findall(r"<script([^>]*)>", bytes(response.body).decode())
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["vary"] == "Accept"
    assert response.headers["x-content-type-options"] == "nosniff"
    assert response.headers["referrer-policy"] == "no-referrer"
    assert "frame-ancestors 'none'" in response.headers["content-security-policy"]
    assert "form-action 'none'" in response.headers["content-security-policy"]
    assert all("src=" in script or "application/json" in script for script in scripts)


def test_the_ready_operations_are_in_the_page_in_their_order_with_their_variables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ide, "OPERATIONS", tmp_path)
    (tmp_path / "2-second.graphql").write_text("query Second($id: ID!) { node(id: $id) { id } }\n")
    (tmp_path / "2-second.json").write_text('{"id": "lead_1"}\n')
    (tmp_path / "1-first.graphql").write_text('query First { a(b: "</script>") }\n')

    html = html_of_page(endpoint="/api/graphql")

    settings = re.search(r'<script id="settings" type="application/json">(.*?)</script>', html)
    assert settings is not None
    assert json.loads(settings[1]) == {
        "endpoint": "/api/graphql",
        "operations": [
            {"query": 'query First { a(b: "</script>") }'},
            {"query": "query Second($id: ID!) { node(id: $id) { id } }", "variables": '{"id": "lead_1"}'},
        ],
    }


@pytest.mark.parametrize(
    ("name", "content_types"),
    [
        ("page.css", {"text/css; charset=utf-8"}),
        ("cdn.js", {"text/javascript; charset=utf-8", "application/javascript"}),
        ("icon.svg", {"image/svg+xml"}),
    ],
)
async def test_assets_have_their_type_and_are_asked_for_again_by_their_tag(
    client: httpx.AsyncClient, name: str, content_types: set[str]
) -> None:
    first = await client.get(name)
    second = await client.get(name, headers={"if-none-match": first.headers["etag"]})

    assert first.status_code == 200
    assert first.headers["content-type"] in content_types
    assert first.headers["cache-control"] == "no-cache"
    assert first.headers["x-content-type-options"] == "nosniff"
    assert second.status_code == 304
    assert second.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["absent.js", "", "..%2fpackage.json", "%2e%2e/package.json"])
async def test_nothing_but_the_assets_is_served(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(path)

    assert response.status_code == 404
