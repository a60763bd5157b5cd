"""Resend's API: https://resend.com/docs/api-reference/emails/send-email and .../errors.

A key is kept for 24 hours (https://resend.com/docs/dashboard/emails/idempotency-keys): the same again is answered as
the first time and sent once, another text under it is refused.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

import orjson

from sales.deliveries import DeliveryOutcome
from services.worker.letters import Letter
from services.worker.outbound import Answer
from services.worker.ways import Result

_BROKEN: Final = 500
_CONFLICT: Final = 409
_ABOUT_THE_REQUEST: Final = frozenset({400, 422})
_ABOUT_THE_MESSAGE: Final = frozenset({"validation_error", "invalid_parameter", "missing_required_field"})
"""What else is refused (a key, a domain that isn't verified, a quota) is mended by somebody, and tried again."""


class Resend:
    """One e-mail by one POST."""

    keeps_keys_for = timedelta(hours=24)
    url = "https://api.resend.com"
    path = "/emails"

    def headers(self, *, key: str, secret: str) -> Mapping[str, str]:
        return {"authorization": f"Bearer {secret}", "idempotency-key": key, "content-type": "application/json"}

    def content(self, letter: Letter) -> bytes:
        return orjson.dumps(
            {
                "from": letter.sender,
                # Without the name: providers differ in which names they take, and the address alone is what counts.
                "to": [letter.recipient.addr_spec],
                "subject": letter.subject,
                "text": letter.text,
                "html": letter.html,
                "headers": dict(letter.headers),
            }
        )

    def judged(self, answer: Answer, *, is_repeat: bool) -> Result:
        if answer.status is None:
            return answer  # it did not come to an answer
        words = answer.words or f"{answer.status} without the id of an e-mail"
        return Result(_outcome(answer, is_repeat), words, answer.status, answer.wished)


def _outcome(answer: Answer, is_repeat: bool) -> DeliveryOutcome:
    said = _said(answer.body)
    status, name = answer.status or 0, str(said.get("name"))
    if answer.outcome == DeliveryOutcome.SENT:
        # Whatever else answers at that address has not said that it took anything.
        return DeliveryOutcome.SENT if said.get("id") else DeliveryOutcome.AMBIGUOUS
    if status >= _BROKEN:
        return DeliveryOutcome.AMBIGUOUS  # what broke there may have broken after it was taken
    if status == _CONFLICT and name == "invalid_idempotent_request" and is_repeat:
        # The one before was taken: what it tells of has changed since, and the text with it.
        return DeliveryOutcome.SENT
    is_of_ours = "`from`" in str(said.get("message"))  # who it comes from is a setting
    if status in _ABOUT_THE_REQUEST and name in _ABOUT_THE_MESSAGE and not is_of_ours:
        return DeliveryOutcome.REJECTED
    return DeliveryOutcome.REFUSED


def _said(body: bytes) -> Mapping[str, Any]:
    try:
        said = orjson.loads(body)
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
