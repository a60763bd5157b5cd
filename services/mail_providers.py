"""Mail providers: who takes e-mails by an API of its own instead of SMTP, and how a deployment names one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

from services import urls
from services.bad_settings import BadSetting


class ProviderName(StrEnum):
    """Whom this can speak to (`services/worker/providers.py`)."""

    RESEND = "resend"


@dataclass(frozen=True)
class MailProvider:
    """A provider, and the key that lets us in; `url` is where its API is, None where it usually is."""

    name: ProviderName
    url: str | None
    key: str = field(repr=False)


_EXAMPLE: Final = "https://mail.example.com/resend"
_OF_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_KEY: Final = "re_..."
_OF_SMTP: Final = {
    "SMTP_URL": "can't be used beside MAIL_PROVIDER: e-mail leaves by one of the two",
    "MAIL_BOUNCES": "can't be used with MAIL_PROVIDER, which takes itself what comes back",
}
_OF_PROVIDERS: Final = ("MAIL_API_KEY", "MAIL_API_URL")


def chosen(given: Mapping[str, str]) -> MailProvider | None:
    """The provider that these variables name, None for none. Raises BadSetting, which never holds the key."""
    if "MAIL_PROVIDER" not in given:
        for name in _OF_PROVIDERS:
            if name in given:
                raise BadSetting("MAIL_PROVIDER", f"is needed where {name} is set", example=ProviderName.RESEND)
        return None
    name = _name(given["MAIL_PROVIDER"])
    for other, problem in _OF_SMTP.items():
        if other in given:
            raise BadSetting(other, problem, example="")
    return MailProvider(name, _url(given.get("MAIL_API_URL")), _key(given.get("MAIL_API_KEY")))


def _name(value: str) -> ProviderName:
    try:
        return ProviderName(value.lower())
    except ValueError:
        names = ", ".join(ProviderName)
        raise BadSetting("MAIL_PROVIDER", f"must be one of {names} and is '{value}'", example="resend") from None


def _key(value: str | None) -> str:
    if value is None:
        raise BadSetting("MAIL_API_KEY", "is needed with MAIL_PROVIDER", example=_KEY)
    if not (value.isascii() and value.isprintable()) or " " in value:  # it stands in a header
        raise BadSetting("MAIL_API_KEY", "must be the key alone, in one line without spaces", example=_KEY)
    return value


def _url(value: str | None) -> str | None:
    if value is None:
        return None
    parts = urls.split(value)
    if parts is None or not parts.hostname or parts.query or parts.fragment or "@" in parts.netloc:
        raise BadSetting("MAIL_API_URL", "must be where its API is, without a user, ? or #", example=_EXAMPLE)
    if parts.scheme != "https" and not (parts.scheme == "http" and parts.hostname in _OF_THIS_MACHINE):
        problem = "must start with https://, for the key goes along (http:// only to this machine)"
        raise BadSetting("MAIL_API_URL", problem, example=_EXAMPLE)
    return value.rstrip("/")
