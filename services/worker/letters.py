"""Letters: an e-mail in the parts that providers' APIs ask for, the same to the byte each time it is written."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.header import decode_header, make_header
from email.message import EmailMessage
from typing import Final

_BY_THE_PROVIDER: Final = frozenset({"from", "to", "subject", "date", "mime-version", "content-type"})
"""Headers that have a field of their own, or that the provider writes: an instant would differ with each attempt."""


@dataclass(frozen=True)
class Letter:
    """Who writes to whom, what, and the headers beyond that."""

    sender: str
    recipient: str
    subject: str
    text: str
    html: str
    headers: Mapping[str, str]


def letter_of(message: EmailMessage) -> Letter:
    """The parts of a message that `emails.py` has written."""
    raw = dict(message.raw_items())
    text, html = (_text(message, f"text/{subtype}") for subtype in ("plain", "html"))
    return Letter(
        sender=str(message["From"]),
        # Without the name: providers differ in which names they take, and the address alone is what counts.
        recipient=str(message["To"].addresses[0].addr_spec),
        subject=str(make_header(decode_header(raw["Subject"]))),
        text=text,
        html=html,
        headers={name: str(value) for name, value in raw.items() if name.lower() not in _BY_THE_PROVIDER},
    )


def _text(message: EmailMessage, kind: str) -> str:
    [part] = [part for part in message.walk() if part.get_content_type() == kind]
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content.decode()
