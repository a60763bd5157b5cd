"""Chats by incoming webhooks: Slack and what understands Slack's, and Microsoft Teams."""

import re
from typing import Any, Final

import orjson

from sales import sealed
from services.settings import Settings
from services.worker import outbound
from services.worker.tellings import Telling, told
from services.worker.ways import MayGo, Outgoing, Result

_NEVER: Final = frozenset({400, 413, 422})
"""What can't be read won't be, however often it comes."""
_JSON: Final = {"content-type": "application/json"}
_CALLS_ALL: Final = re.compile(r"@(?=(?:channel|here|everyone|all)\b)", re.IGNORECASE)
_ZERO_WIDTH_SPACE: Final = "\u200b"


class ByWebhookOfAChat:
    """The way of Slack and Teams: one POST to the secret address of a channel."""

    def __init__(self, settings: Settings, *, seconds: float) -> None:
        self._settings = settings
        self._seconds = seconds

    async def send(self, outgoing: Outgoing, *, may_go: MayGo) -> Result | None:
        assert outgoing.endpoint is not None
        telling = await told(outgoing, public_url=self._settings.public_url)
        answer = await outbound.post(
            sealed.unseal(outgoing.endpoint.address),
            headers=_JSON,
            content=orjson.dumps(self.message(telling)),
            seconds=self._seconds,
            may_go=may_go,
            allow=self._settings.allowed_networks,
        )
        return outbound.judged(answer, never=_NEVER) if answer else None

    def message(self, telling: Telling) -> dict[str, Any]:
        raise NotImplementedError


class BySlack(ByWebhookOfAChat):
    """Text alone, in Slack's own markup: all that is compatible with Slack takes that."""

    def message(self, telling: Telling) -> dict[str, Any]:
        lines = [f"*<{telling.link}|{_of_slack(telling.title, in_link=True)}>*", _of_slack(telling.sentence)]
        return {"text": "\n".join([*lines, *(_of_slack(line) for line in telling.lines)])}


class ByTeams(ByWebhookOfAChat):
    """An adaptive card, as Teams' workflows take it; of runs of text, in which no markup counts."""

    def message(self, telling: Telling) -> dict[str, Any]:
        body = [_line(telling.title, weight="Bolder", size="Medium"), _line(telling.sentence)]
        card = {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "type": "AdaptiveCard",
            "version": "1.4",
            "body": body + [_line(line, isSubtle=True) for line in telling.lines],
            "actions": [{"type": "Action.OpenUrl", "title": telling.opens, "url": telling.link}],
        }
        kind = "application/vnd.microsoft.card.adaptive"
        return {"type": "message", "attachments": [{"contentType": kind, "contentUrl": None, "content": card}]}


def _of_slack(text: str, *, in_link: bool = False) -> str:
    """Text that means itself: no links, and nobody is called by what a lead is named."""
    for character, entity in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;")):
        text = text.replace(character, entity)
    text = _CALLS_ALL.sub(f"@{_ZERO_WIDTH_SPACE}", text)
    return text.replace("|", "¦").replace("\n", " ") if in_link else text


def _line(text: str, **looks: Any) -> dict[str, Any]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **looks}]}
