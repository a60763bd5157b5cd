"""GraphiQL for a browser at `/graphql`: the page, and its assets from our own origin.

`make up` bundles GraphiQL with npm (folder `graphiql`). On a machine without npm the same page takes it from the public
CDN instead, each file held to its hash.
"""

import json
from html import escape
from pathlib import Path
from string import Template

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from services.api.accept import GRAPHQL, JSON, weighed

CDN = "https://cdn.jsdelivr.net"

FOLDER = Path(__file__).parent / "graphiql"
BUNDLE = FOLDER / "dist"
SOURCE = FOLDER / "source"
OPERATIONS = FOLDER / "operations"


def wants_page(request: Request) -> bool:
    """Whether to answer with the page: a GET without a query that would rather have HTML than JSON (RFC 9110, 12.5.1).

    HTML has to be named: who takes anything (`*/*`) gets JSON, and so does who likes both equally.
    """
    if request.method not in ("GET", "HEAD") or {"query", "extensions"} & request.query_params.keys():
        return False
    weights = weighed(",".join(request.headers.getlist("accept")))
    html = weights.get("text/html", 0.0)
    json = max(weights.get(media_type, 0.0) for media_type in (JSON, GRAPHQL))
    return html > json and html >= weights.get("*/*", 0.0)


def page(*, endpoint: str = "/graphql") -> Response:
    """The page for the API at `endpoint`, whose assets are mounted below it.

    It brings its own content policy, because the CDN needs another one: a middleware that sets a policy leaves this one
    alone. Monaco, GraphiQL's editor, writes its themes into style elements.
    """
    bundled = (BUNDLE / "graphiql.js").is_file()
    assets = f"{escape(endpoint)}/assets"
    html = Template((FOLDER / "page.html").read_text("utf-8")).substitute(
        assets=assets,
        endpoint=escape(endpoint),
        loader=(_BUNDLED if bundled else _FROM_CDN).format(assets=assets),
        settings=_settings(endpoint),
    )
    origins = "'self'" if bundled else f"'self' {CDN}"
    policy = (
        f"default-src 'none'; script-src {origins}; style-src {origins} 'unsafe-inline'; worker-src 'self'; "
        "connect-src 'self'; font-src 'self' data:; img-src 'self' data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = {
        "Cache-Control": "no-cache",
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "Vary": "Accept",
        "X-Content-Type-Options": "nosniff",
    }
    return HTMLResponse(html, headers=headers)


class _Assets(StaticFiles):
    """The bundle, which need not be there, and what both ways share. A browser asks each time whether they changed."""

    def __init__(self) -> None:
        super().__init__(directory=SOURCE)
        self.all_directories = [BUNDLE, SOURCE]

    async def get_response(self, path: str, scope: Scope) -> Response:
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "no-cache"
        response.headers["X-Content-Type-Options"] = "nosniff"
        return response


assets = Mount("/graphql/assets", app=_Assets(), name="graphiql")

_BUNDLED = (
    '<link rel="stylesheet" href="{assets}/graphiql.css">\n    <script src="{assets}/graphiql.js" defer></script>'
)
_FROM_CDN = '<script src="{assets}/cdn.js" type="module"></script>'


def _settings(endpoint: str) -> str:
    """What the page's script reads, as JSON that can't close its script element."""
    settings = {"endpoint": endpoint, "operations": _operations()}
    return json.dumps(settings, ensure_ascii=False).replace("<", "\\u003c")


def _operations() -> list[dict[str, str]]:
    """The ready operations in the order of their file names, each with its variables where a `.json` lies beside it."""
    operations = []
    for path in sorted(OPERATIONS.glob("*.graphql")):
        operation = {"query": path.read_text("utf-8").strip()}
        variables = path.with_suffix(".json")
        if variables.is_file():
            operation["variables"] = variables.read_text("utf-8").strip()
        operations.append(operation)
    return operations
