"""The environment is read once, and what is wrong in it is said in one sentence."""

from pathlib import Path

import orjson
import pytest

from sales.endpoints.offered import Offer
from services import vapid
from services.channels import ServiceAccount
from services.command import main
from services.settings import BadSetting, Settings, Smtp


def read(**variables: str) -> Settings:
    return Settings.from_environment(variables)


def test_an_empty_environment_is_a_laptop() -> None:
    settings = read()

    assert (settings.host, settings.port) == ("127.0.0.1", 8000)
    assert settings.data_dir == Path(".data").absolute()
    assert settings.database_url is settings.redis_url is settings.smtp is None
    assert settings.public_url == "http://localhost:8000"
    assert settings.mail_from == "Relance <relance@localhost>"
    assert settings.log_level == "INFO"


def test_an_empty_variable_counts_as_unset() -> None:
    assert read(PORT="", DATABASE_URL=" ", LOG_LEVEL="") == read()


def test_networks_are_allowed_by_name_and_none_by_themselves() -> None:
    assert read().allowed_networks == ()
    assert [str(each) for each in read(ALLOWED_NETWORKS="10.0.0.0/8, fd00::/8").allowed_networks] == [
        "10.0.0.0/8", "fd00::/8",
    ]  # fmt: skip
    with pytest.raises(BadSetting, match=r"ALLOWED_NETWORKS has '10\.0\.0\.1/8'"):
        read(ALLOWED_NETWORKS="10.0.0.1/8")


def test_the_public_url_follows_the_port() -> None:
    assert read(PORT="8123").public_url == "http://localhost:8123"


def test_a_public_url_loses_its_last_slash() -> None:
    assert read(PUBLIC_URL="https://crm.example.com/").public_url == "https://crm.example.com"


@pytest.mark.parametrize(
    "url",
    [
        "postgres://ann@db/relance",
        "postgresql://ann:p%40ss@db:5433/relance?sslmode=require",
        "postgres://ann@/relance?host=/run/postgresql",
        "postgresql:///relance?host=/run/postgresql",
    ],
)
def test_a_database_is_named_by_host_or_socket_folder(url: str) -> None:
    assert read(DATABASE_URL=url).database_url == url


@pytest.mark.parametrize("url", ["redis://cache", "rediss://:secret@cache:6380/1", "unix:///run/valkey.sock"])
def test_redis_is_named_by_host_or_socket(url: str) -> None:
    assert read(REDIS_URL=url).redis_url == url


@pytest.mark.parametrize(
    ("url", "smtp"),
    [
        ("smtp://mail", Smtp("mail", 25)),
        ("smtp://mail:1025", Smtp("mail", 1025)),
        ("smtp://mail?starttls", Smtp("mail", 587, starttls=True)),
        ("smtps://ann%40acme.fr:p%3Ass@mail", Smtp("mail", 465, tls=True, user="ann@acme.fr", password="p:ss")),
    ],
)
def test_a_mail_server_is_one_url(url: str, smtp: Smtp) -> None:
    assert read(SMTP_URL=url).smtp == smtp


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("PORT", "eighty", "must be a number from 1 to 65535 and is 'eighty'"),
        ("PORT", "0", "must be a number from 1 to 65535 and is '0'"),
        ("PORT", "²", "must be a number from 1 to 65535 and is '²'"),
        ("DATABASE_URL", "mysql://db/relance", "must start with postgresql:// or postgres://"),
        ("DATABASE_URL", "db.example.com", "must start with postgresql:// or postgres://"),
        ("DATABASE_URL", "postgres://db", "names no database after the last slash"),
        ("DATABASE_URL", "postgres:///relance", "names no host and no ?host=/folder"),
        ("DATABASE_URL", "postgres://ann:pa/ss@db:x/relance", "isn't a URL"),
        ("REDIS_URL", "http://cache", "must start with redis:// or rediss:// or unix://"),
        ("REDIS_URL", "redis://cache/one", "must end in the number of a database"),
        ("REDIS_URL", "unix://valkey.sock", "must name its socket by a full path"),
        ("SMTP_URL", "smtp://", "names no host"),
        ("SMTP_URL", "smtp://mail?tls", "has an unknown option 'tls'"),
        ("SMTP_URL", "smtps://mail?starttls", "can't start TLS a second time"),
        ("PUBLIC_URL", "crm.example.com", "must start with https:// or http://"),
        ("MAIL_FROM", "nobody", "must hold an e-mail address and is 'nobody'"),
        ("RETENTION_DAYS", "0", "must be a number from 1 to 36500 and is '0'"),
        ("METRICS_TOKEN", "short", "must have at least 16 random characters"),
        ("METRICS_TOKEN", "sixteen letters with spaces", "must have at least 16 random characters"),
        ("LIMIT_DEPTH", "0", "must be a number from 1 to 100 and is '0'"),
        ("LIMIT_DEPTH", "101", "must be a number from 1 to 100 and is '101'"),
        ("LIMIT_ALIASES", "-1", "must be a number from 1 to 100000 and is '-1'"),
        ("LIMIT_TOKENS", "5,000", "must be a number from 1 to 100000 and is '5,000'"),
        ("LIMIT_FIELDS", "2e3", "must be a number from 1 to 100000 and is '2e3'"),
        ("LIMIT_COST", "9" * 5_000, "must be a number from 1 to 1000000000"),
        ("UNDO_SECONDS", "301", "must be a number from 0 to 300 and is '301'"),
        ("UNDO_SECONDS", "soon", "must be a number from 0 to 300 and is 'soon'"),
        ("LOG_LEVEL", "LOUD", "must be one of DEBUG, INFO, WARNING, ERROR and is 'LOUD'"),
    ],
)
def test_a_bad_value_is_refused_by_name_with_an_example(name: str, value: str, problem: str) -> None:
    with pytest.raises(BadSetting) as refusal:
        read(**{name: value})

    sentence = str(refusal.value)
    assert sentence.startswith(f"{name} ")
    assert problem in sentence
    assert f"for example {name}=" in sentence
    assert "\n" not in sentence


def test_only_the_limits_that_are_given_are_chosen() -> None:
    assert read().limits == {}
    assert read(LIMIT_DEPTH="20", LIMIT_COST=" 100000 ", LIMIT_TOKENS="").limits == {"depth": 20, "cost": 100_000}


def test_undoing_in_silence_can_be_switched_off() -> None:
    assert [read().undo_seconds, read(UNDO_SECONDS="5").undo_seconds, read(UNDO_SECONDS="0").undo_seconds] == [15, 5, 0]


@pytest.mark.parametrize("name", ["DATABASE_URL", "REDIS_URL", "SMTP_URL"])
def test_a_password_is_never_repeated(name: str) -> None:
    with pytest.raises(BadSetting) as refusal:
        read(**{name: "gopher://ann:hunter2@host:port/relance"})

    assert "hunter2" not in str(refusal.value)


def test_the_representation_shows_no_password() -> None:
    settings = read(
        DATABASE_URL="postgres://ann:hunter2@db/relance",
        REDIS_URL="redis://:hunter2@cache",
        SMTP_URL="smtp://ann:hunter2@mail",
    )

    assert "hunter2" not in repr(settings)


def test_what_only_up_brings_by_itself_is_asked_for_by_name() -> None:
    with pytest.raises(BadSetting, match="DATABASE_URL is needed here"):
        read().needed_database_url()


def test_what_is_finished_is_kept_for_ninety_days_unless_somebody_says_otherwise() -> None:
    assert (read().retention_days, read(RETENTION_DAYS="7").retention_days) == (90, 7)


def test_a_token_for_metrics_is_kept_out_of_what_is_printed() -> None:
    settings = read(METRICS_TOKEN="0123456789abcdef")

    assert settings.metrics_token == "0123456789abcdef"
    assert "0123456789abcdef" not in repr(settings)


def test_a_key_for_push_messages_is_read_or_refused_without_being_repeated(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vapid-key"]) == 0
    key = capsys.readouterr().out.strip()

    settings = read(VAPID_PRIVATE_KEY=key)
    with pytest.raises(BadSetting, match="VAPID_PRIVATE_KEY must be the 32 bytes") as refused:
        read(VAPID_PRIVATE_KEY=f"{key}AAAA")

    assert settings.offer().vapid_public_key == vapid.public_key_of(key)
    assert (key in repr(settings), key in str(refused.value)) == (False, False)
    assert read().offer() == Offer()


def test_a_laptops_key_for_push_messages_is_found_in_its_folder(tmp_path: Path) -> None:
    key = vapid.new_private_key()
    (tmp_path / "vapid.key").write_text(key)

    assert read(DATA_DIR=str(tmp_path)).known_vapid_key() == key


def test_a_service_account_is_a_file_of_googles(tmp_path: Path) -> None:
    account = {"project_id": "p", "client_email": "us@p", "private_key": "PEM", "token_uri": "https://t", "type": "x"}
    file = tmp_path / "firebase.json"
    file.write_bytes(orjson.dumps(account))

    settings = read(FCM_CREDENTIALS=str(file))

    assert settings.fcm == ServiceAccount("p", "us@p", "PEM", "https://t")
    assert "PEM" not in repr(settings)
    for wrong in (b"{}", b"[]", b"x"):
        file.write_bytes(wrong)
        with pytest.raises(BadSetting, match="FCM_CREDENTIALS"):
            read(FCM_CREDENTIALS=str(file))


def test_what_apprise_may_send_to_is_listed() -> None:
    assert read(APPRISE_SCHEMES="mattermost, NTFYS://,").apprise_schemes == {"mattermost", "ntfys"}
    assert read().apprise_schemes == set()


@pytest.mark.parametrize("address", ["bounce", "@example.com", "a@b@c", "bounce@", "bé@example.com"])
def test_bounces_come_to_an_address(address: str) -> None:
    assert read(MAIL_BOUNCES="bounce@example.com").mail_bounces == "bounce@example.com"
    with pytest.raises(BadSetting, match="MAIL_BOUNCES"):
        read(MAIL_BOUNCES=address)


def test_a_token_for_bounces_is_long() -> None:
    assert read(BOUNCE_TOKEN="b" * 32).bounce_token == "b" * 32
    with pytest.raises(BadSetting, match="BOUNCE_TOKEN must have at least 32"):
        read(BOUNCE_TOKEN="short")
