"""What e-mails lead back to: unsubscribing by one click (RFC 8058), and news of those that came back."""

from hmac import compare_digest
from html import escape
from typing import Any, Final

import orjson
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from sales import bounces
from sales.bounces import Bounce, BounceType
from sales.sentences import say
from sales.unsubscribing import asked_by, token_for, unsubscribe

MOST_BYTES: Final = 65_536

_PAGE: Final = """<!doctype html>
<html lang="{locale}">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<title>{title} · Relance</title>
<link rel="stylesheet" href="/graphql/assets/landing.css">
<main>
<p>Relance</p>
<h1>{title}</h1>
<p>{words}</p>
{forms}</main>
</html>
"""
_FORM: Final = '<form method="post" action="{action}"><button>{label}</button></form>\n'
_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; form-action 'self'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


async def ask(request: Request) -> Response:
    """A page that asks first: mail scanners open links, too."""
    asked = await asked_by(request.path_params["token"])
    if asked is None:
        return _nothing()
    user, kind = asked
    tokens = {request.path_params["token"]: _kind(user.locale, kind)}
    if kind is not None:
        tokens[str(token_for(user.id, None))] = _kind(user.locale, None)
    forms = "".join(
        _FORM.format(action=f"{escape(token)}", label=escape(say(user.locale, "unsubscribe-button", kind=what)))
        for token, what in tokens.items()
    )
    return _page(user.locale, "unsubscribe-title", say(user.locale, "unsubscribe-ask", email=user.email), forms)


async def done(request: Request) -> Response:
    """Unsubscribed at once, by the button of the page or of a mail program."""
    asked = await asked_by(request.path_params["token"])
    if asked is None:
        return _nothing()
    user, kind = asked
    await unsubscribe(user, kind)
    request.app.state.bell.ring()
    words = say(user.locale, "unsubscribe-done-words", kind=_kind(user.locale, kind))
    return _page(user.locale, "unsubscribe-done", words, "")


async def came_back(request: Request) -> Response:
    """A mail provider's news of a message that came back: 204, also for one that nobody knows."""
    token: str | None = request.app.state.bounce_token
    if token is None or not compare_digest(request.path_params["token"].encode(), token.encode()):
        return Response(status_code=404)
    bounce = _bounce(await _body(request))
    if bounce is None:
        return Response('Send {"messageId" or "recipient", "type": "hard", "soft" or "complaint", "reason"}.\n', 400)
    if await bounces.bounced(bounce):
        request.app.state.bell.ring()
    return Response(status_code=204)


async def _body(request: Request) -> bytes:
    body = bytearray()
    async for part in request.stream():
        body += part[: MOST_BYTES + 1 - len(body)]
    return bytes(body)


def _bounce(body: bytes) -> Bounce | None:
    try:
        given: dict[str, Any] = orjson.loads(body)
        texts = {name: given.get(name) for name in ("messageId", "recipient", "reason")}
        type = BounceType(given["type"])
    except (ValueError, LookupError, TypeError, AttributeError):
        return None
    is_told = bool(texts["messageId"] or texts["recipient"])
    if not is_told or any(not isinstance(text, str | None) for text in texts.values()):
        return None
    return Bounce(type, texts["messageId"], texts["recipient"], texts["reason"] or "")


def _kind(locale: str, kind: str | None) -> str:
    return say(locale, f"unsubscribe-{(kind or 'all').lower().replace('_', '-')}")


def _page(locale: str, title: str, words: str, forms: str) -> Response:
    page = _PAGE.format(locale=locale, title=escape(say(locale, title)), words=escape(words), forms=forms)
    return HTMLResponse(page, headers=_HEADERS)


def _nothing() -> Response:
    return Response("There is nothing here.\n", 404, _HEADERS, media_type="text/plain")


ROUTES: Final = [
    Route("/unsubscribe/{token}", ask, methods=["GET"]),
    Route("/unsubscribe/{token}", done, methods=["POST"]),
    Route("/bounces/{token}", came_back, methods=["POST"]),
]
