"""What people are told by, as a deployment sets it up: keys, accounts, addresses, rates; SMTP is in settings.py."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import orjson

from sales.deliveries.rates import Provider
from services import vapid
from services.bad_settings import BadSetting

SHORTEST_SECRET = 32
FASTEST_PER_SECOND = 10_000
_RATE = re.compile(r"([1-9][0-9]{0,5})/(s|min)")
_SETTINGS_OF_RATES: Final = {
    "MAIL_RATE": Provider.MAIL, "WEB_PUSH_RATE": Provider.WEB_PUSH, "FCM_RATE": Provider.FCM,
}  # fmt: skip


@dataclass(frozen=True)
class ServiceAccount:
    """Who Firebase knows us as, from the JSON file that Google hands out."""

    project_id: str
    client_email: str
    private_key: str = field(repr=False)
    token_uri: str


def long_enough(value: str | None, name: str) -> str | None:
    if value is not None and len(value) < SHORTEST_SECRET:
        example = "$(openssl rand -hex 32)"
        raise BadSetting(name, f"must have at least {SHORTEST_SECRET} random characters", example=example)
    return value


def vapid_key(value: str | None) -> str | None:
    try:
        return value if value is None or vapid.public_key_of(value) else None
    except ValueError:
        raise BadSetting(
            "VAPID_PRIVATE_KEY", "must be the 32 bytes of a P-256 key in base64url", example="$(relance vapid-key)"
        ) from None


def service_account(file: Path | None) -> ServiceAccount | None:
    if file is None:
        return None
    try:
        kept = orjson.loads(file.read_bytes())
        return ServiceAccount(**{name: str(kept[name]) for name in ServiceAccount.__dataclass_fields__})
    except (OSError, ValueError, LookupError, TypeError):
        problem = "must name the JSON file of a Google service account, which can be read here"
        raise BadSetting("FCM_CREDENTIALS", problem, example="/run/secrets/firebase.json") from None


def schemes(value: str) -> frozenset[str]:
    return frozenset(filter(None, (each.strip().removesuffix("://").lower() for each in value.split(","))))


def bounces(value: str | None) -> str | None:
    if value is not None and (value.count("@") != 1 or not value.isascii() or not all(value.split("@"))):
        raise BadSetting("MAIL_BOUNCES", "must be an e-mail address alone", example="bounce@crm.example.com")
    return value


def rates(given: Mapping[str, str]) -> dict[Provider, int]:
    """Messages a minute, by each provider for which a rate is set."""
    return {provider: _per_minute(name, given[name]) for name, provider in _SETTINGS_OF_RATES.items() if name in given}


def _per_minute(name: str, value: str) -> int:
    match = _RATE.fullmatch(value)
    per_minute = int(match[1]) * (60 if match[2] == "s" else 1) if match else 0
    if not 1 <= per_minute <= FASTEST_PER_SECOND * 60:
        most = f"{FASTEST_PER_SECOND}/s at most"
        problem = f"must say how many messages leave in a second or a minute, {most}, and is '{value}'"
        raise BadSetting(name, problem, example="14/s")
    return per_minute
