"""The addresses that e-mails link to. They are the application's, which stands in front of us; until then we say so."""

from typing import Final

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

_PAGE: Final = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>{title} · Relance</title>
<link rel="stylesheet" href="/graphql/assets/landing.css">
<main>
<p>Relance</p>
<h1>{title}</h1>
<p>Your application shows it here: set PUBLIC_URL to its address, and e-mails link to it.
Until then, sign in to <a href="/graphql">GraphiQL</a> and ask:</p>
<pre>{query}</pre>
</main>
</html>
"""


async def lead(request: Request) -> Response:
    """What stands behind the button of an e-mail."""
    number = request.path_params["number"]
    return _page(f"Lead {number}", f"{{ lead(number: {number}) {{ title status dueAt step {{ name }} }} }}")


async def leads(_: Request) -> Response:
    return _page("Your leads", "{ todo(first: 10) { nodes { moment isLate lead { number title step { name } } } } }")


async def home(_: Request) -> Response:
    return RedirectResponse("/graphql")


def _page(title: str, query: str) -> Response:
    headers = {
        "Content-Security-Policy": "default-src 'none'; style-src 'self'",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
    }
    return HTMLResponse(_PAGE.format(title=title, query=query), headers=headers)


ROUTES: Final = [Route("/", home), Route("/leads", leads), Route("/leads/{number:int}", lead)]
