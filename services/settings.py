"""What a deployment may choose, read once from the environment."""

import ipaddress
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import SplitResult, parse_qs, unquote

from sales.deliveries.rates import Provider
from sales.endpoints.addresses import Network
from sales.endpoints.offered import Offer
from services import channels, mail_providers, urls, vapid
from services.bad_settings import BadSetting as BadSetting
from services.bad_settings import CannotStart as CannotStart
from services.channels import ServiceAccount
from services.mail_providers import MailProvider

DATABASE_FILE = "database.url"
SECRET_FILE = "secret.key"
VAPID_FILE = "vapid.key"
SHORTEST_TOKEN = 16
LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")


@dataclass(frozen=True)
class Smtp:
    """A mail server: TLS from the first byte (`tls`), after a STARTTLS, or none."""

    host: str
    port: int
    tls: bool = False
    starttls: bool = False
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True)
class Settings:
    """One deployment; URLs may hold passwords and therefore stay out of the representation."""

    host: str = "127.0.0.1"
    port: int = 8000
    data_dir: Path = Path(".data")
    database_url: str | None = field(default=None, repr=False)
    redis_url: str | None = field(default=None, repr=False)
    smtp: Smtp | None = None
    mail_provider: MailProvider | None = None
    """Who takes e-mails instead of a mail server; without either they become files."""
    secret_key: str | None = field(default=None, repr=False)
    """What seals secrets that have to be read again; several with commas between them: the first one seals."""
    public_url: str = "http://localhost:8000"
    allowed_networks: tuple[Network, ...] = ()
    """Networks that aren't public, and that webhooks and the like may go to all the same."""
    mail_from: str = "Relance <relance@localhost>"
    mail_bounces: str | None = None
    """The address to which mail servers send e-mails back, told apart by what stands before its @ (VERP)."""
    bounce_token: str | None = field(default=None, repr=False)
    vapid_private_key: str | None = field(default=None, repr=False)
    fcm: ServiceAccount | None = None
    apprise_schemes: frozenset[str] = frozenset()
    """What else apprise may send to; where it connects to is its own affair."""
    rates: Mapping[Provider, int] = field(default_factory=dict)
    """Messages a minute by each provider, of all workers together; by one that is absent as many as can."""
    log_level: str = "INFO"
    trusted_proxies: str = "127.0.0.1"
    undo_seconds: int = 15
    """How long what can be undone is kept from people, so that undoing it tells nobody; 0: not at all."""
    limits: Mapping[str, int] = field(default_factory=dict)
    """Of `schema.limits.Limits`, by the names there; what is absent stays as it is."""
    persisted_manifest: Path | None = None
    retention_days: int = 90
    metrics_token: str | None = field(default=None, repr=False)
    """Who may read /metrics from elsewhere than this machine."""

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] = os.environ) -> "Settings":
        """Read every variable; an empty one counts as unset. Raises `BadSetting`."""
        given = {name: value.strip() for name, value in environ.items() if value.strip()}
        port = _port(given.get("PORT", "8000"))
        return cls(
            host=given.get("HOST", cls.host),
            port=port,
            data_dir=Path(given.get("DATA_DIR", cls.data_dir)).expanduser().absolute(),
            database_url=_database(given.get("DATABASE_URL")),
            redis_url=_redis(given.get("REDIS_URL")),
            smtp=_smtp(given.get("SMTP_URL")),
            mail_provider=mail_providers.chosen(given),
            secret_key=_secret(given.get("SECRET_KEY")),
            public_url=_public(given.get("PUBLIC_URL", f"http://localhost:{port}")),
            allowed_networks=_networks(given.get("ALLOWED_NETWORKS", "")),
            mail_from=_sender(given.get("MAIL_FROM", cls.mail_from)),
            mail_bounces=channels.bounces(given.get("MAIL_BOUNCES")),
            bounce_token=channels.long_enough(given.get("BOUNCE_TOKEN"), "BOUNCE_TOKEN"),
            vapid_private_key=channels.vapid_key(given.get("VAPID_PRIVATE_KEY")),
            fcm=channels.service_account(_file(given.get("FCM_CREDENTIALS"))),
            apprise_schemes=channels.schemes(given.get("APPRISE_SCHEMES", "")),
            rates=channels.rates(given),
            log_level=_level(given.get("LOG_LEVEL", cls.log_level)),
            trusted_proxies=_proxies(given.get("TRUSTED_PROXIES", cls.trusted_proxies)),
            undo_seconds=_number("UNDO_SECONDS", given.get("UNDO_SECONDS", "15"), least=0, most=300, example="15"),
            limits=_limits(given),
            persisted_manifest=_file(given.get("PERSISTED_MANIFEST")),
            retention_days=_number("RETENTION_DAYS", given.get("RETENTION_DAYS", "90"), most=36_500, example="90"),
            metrics_token=_token(given.get("METRICS_TOKEN")),
        )

    def needed_database_url(self) -> str:
        """The database's URL, that of a `relance up` on the same DATA_DIR, or `BadSetting` where there is none."""
        if self.database_url is None and (running := self.data_dir / DATABASE_FILE).exists():
            return running.read_text()
        if self.database_url is None:
            raise BadSetting("DATABASE_URL", "is needed here (only `relance up` brings its own)", example=_DATABASE)
        return self.database_url

    def known_secret_key(self) -> str | None:
        """The key, or that of a `relance up` on the same DATA_DIR; None: nothing can be sealed here."""
        if self.secret_key is None and (kept := self.data_dir / SECRET_FILE).exists():
            return kept.read_text().strip()
        return self.secret_key

    def known_vapid_key(self) -> str | None:
        """The private key for push messages, or that of a `relance up` on the same DATA_DIR; None: there are none."""
        if self.vapid_private_key is None and (kept := self.data_dir / VAPID_FILE).exists():
            return kept.read_text().strip()
        return self.vapid_private_key

    def offer(self) -> Offer:
        """What people may be told by here, besides e-mail."""
        key = self.known_vapid_key()
        return Offer(vapid.public_key_of(key) if key else None, self.fcm is not None, self.apprise_schemes)

    @property
    def mail_address(self) -> str:
        """The address alone that e-mail comes from."""
        return parseaddr(self.mail_from)[1]


_DATABASE = "postgresql://relance:secret@localhost:5432/relance"
_REDIS = "redis://localhost:6379/0"
_SMTP = "smtp://user:secret@mail.example.com:587?starttls"
_NETWORKS = "10.0.0.0/8,fd00::/8"
_DEFAULT_SMTP_PORT = {"smtp": 25, "smtps": 465}
_SUBMISSION_PORT = 587
_LIMITS = {  # the most that may be chosen, and an example
    "LIMIT_DEPTH": (100, "15"),  # parsing a deeper document, and writing its answer, would recurse too far
    "LIMIT_FIELDS": (100_000, "2000"),
    "LIMIT_ALIASES": (100_000, "50"),
    "LIMIT_TOKENS": (100_000, "3000"),
    "LIMIT_COST": (1_000_000_000, "20000"),
}


def _port(value: str) -> int:
    return _number("PORT", value, most=65535, example="8000")


def _limits(given: Mapping[str, str]) -> dict[str, int]:
    return {
        name.removeprefix("LIMIT_").lower(): _number(name, given[name], most=most, example=example)
        for name, (most, example) in _LIMITS.items()
        if name in given
    }


def _number(name: str, value: str, *, most: int, example: str, least: int = 1) -> int:
    is_number = value.isascii() and value.isdigit() and len(value) <= len(str(most)) and least <= int(value) <= most
    if not is_number:
        raise BadSetting(name, f"must be a number from {least} to {most} and is '{value}'", example=example)
    return int(value)


def _file(path: str | None) -> Path | None:
    return None if path is None else Path(path).expanduser().absolute()


def _database(url: str | None) -> str | None:
    if url is None:
        return None
    parts = _split("DATABASE_URL", url, schemes=("postgresql", "postgres"), example=_DATABASE)
    socket_folder = parse_qs(parts.query).get("host", [""])[0]
    if not parts.hostname and not socket_folder:
        raise BadSetting("DATABASE_URL", "names no host and no ?host=/folder", example=_DATABASE)
    if not parts.path.strip("/"):
        raise BadSetting("DATABASE_URL", "names no database after the last slash", example=_DATABASE)
    return url


def _redis(url: str | None) -> str | None:
    if url is None:
        return None
    parts = _split("REDIS_URL", url, schemes=("redis", "rediss", "unix"), example=_REDIS)
    if parts.scheme == "unix" and not parts.path.startswith("/"):
        raise BadSetting("REDIS_URL", "must name its socket by a full path", example="unix:///run/valkey/valkey.sock")
    database = parts.path.strip("/")
    if parts.scheme != "unix" and not parts.hostname:
        raise BadSetting("REDIS_URL", "names no host", example=_REDIS)
    if parts.scheme != "unix" and database and not database.isdigit():
        raise BadSetting("REDIS_URL", "must end in the number of a database, or in none", example=_REDIS)
    return url


def _smtp(url: str | None) -> Smtp | None:
    if url is None:
        return None
    parts = _split("SMTP_URL", url, schemes=("smtp", "smtps"), example=_SMTP)
    options = parse_qs(parts.query, keep_blank_values=True)
    if unknown := sorted(options.keys() - {"starttls"}):
        raise BadSetting("SMTP_URL", f"has an unknown option '{unknown[0]}'", example=_SMTP)
    if not parts.hostname:
        raise BadSetting("SMTP_URL", "names no host", example=_SMTP)
    tls, starttls = parts.scheme == "smtps", "starttls" in options
    if tls and starttls:
        raise BadSetting("SMTP_URL", "is smtps and can't start TLS a second time", example=_SMTP)
    default_port = _SUBMISSION_PORT if starttls else _DEFAULT_SMTP_PORT[parts.scheme]
    return Smtp(
        host=parts.hostname,
        port=parts.port or default_port,
        tls=tls,
        starttls=starttls,
        user=_unquoted(parts.username),
        password=_unquoted(parts.password),
    )


def _secret(value: str | None) -> str | None:
    for key in value.split(",") if value else []:
        channels.long_enough(key.strip(), "SECRET_KEY")
    return value


def _token(value: str | None) -> str | None:
    if value is not None and (len(value) < SHORTEST_TOKEN or not value.isprintable() or " " in value):
        example = "$(openssl rand -hex 16)"
        raise BadSetting("METRICS_TOKEN", f"must have at least {SHORTEST_TOKEN} random characters", example=example)
    return value


def _public(url: str) -> str:
    example = "https://crm.example.com"
    parts = _split("PUBLIC_URL", url, schemes=("https", "http"), example=example)
    if not parts.hostname or parts.query or parts.fragment:
        raise BadSetting("PUBLIC_URL", "must be where browsers find Relance, without ? or #", example=example)
    return url.rstrip("/")


def _networks(value: str) -> tuple[Network, ...]:
    networks = []
    for network in filter(None, (each.strip() for each in value.split(","))):
        try:
            networks.append(ipaddress.ip_network(network))
        except ValueError:
            raise BadSetting("ALLOWED_NETWORKS", f"has '{network}', which is no network", example=_NETWORKS) from None
    return tuple(networks)


def _sender(value: str) -> str:
    _, address = parseaddr(value)
    if "@" not in address or "\n" in value or "\r" in value:
        raise BadSetting(
            "MAIL_FROM", f"must hold an e-mail address and is '{value}'", example="Relance <crm@example.com>"
        )
    return value


def _level(value: str) -> str:
    if value.upper() not in LOG_LEVELS:
        raise BadSetting("LOG_LEVEL", f"must be one of {', '.join(LOG_LEVELS)} and is '{value}'", example="INFO")
    return value.upper()


def _split(name: str, url: str, *, schemes: tuple[str, ...], example: str) -> SplitResult:
    """The URL's parts; what is wrong with it is said without repeating it, for it may hold a password."""
    starts = " or ".join(f"{scheme}://" for scheme in schemes)
    parts = urls.split(url)
    if parts is None:
        raise BadSetting(name, "isn't a URL (quote special characters of a password as %40)", example=example)
    if parts.scheme not in schemes or "://" not in url:
        raise BadSetting(name, f"must start with {starts}", example=example)
    return parts


def _unquoted(value: str | None) -> str | None:
    return None if value is None else unquote(value)


def _proxies(value: str) -> str:
    for address in value.split(","):
        try:
            ipaddress.ip_network(address.strip(), strict=False)
        except ValueError:
            raise BadSetting(
                "TRUSTED_PROXIES", f"has '{address.strip()}', which is no address or network", example="10.0.0.0/8"
            ) from None
    return value
