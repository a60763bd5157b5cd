"""A mail provider is named by variables of its own, and its key is never repeated."""

import pytest

from services.mail_providers import MailProvider, ProviderName
from services.settings import BadSetting, Settings

KEY = "re_hunter2"


def read(**variables: str) -> Settings:
    return Settings.from_environment(variables)


def test_nobody_is_named_by_default() -> None:
    assert read().mail_provider is None


def test_a_provider_needs_its_name_and_a_key() -> None:
    expected = MailProvider(ProviderName.RESEND, None, KEY)

    assert read(MAIL_PROVIDER="Resend", MAIL_API_KEY=KEY).mail_provider == expected


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("https://mail.example.com/resend/", "https://mail.example.com/resend"),
        ("http://127.0.0.1:8025", "http://127.0.0.1:8025"),
        ("http://[::1]:8025", "http://[::1]:8025"),
    ],
)
def test_its_api_may_be_elsewhere(url: str, expected: str) -> None:
    settings = read(MAIL_PROVIDER="resend", MAIL_API_KEY=KEY, MAIL_API_URL=url)

    assert settings.mail_provider is not None
    assert settings.mail_provider.url == expected


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        (
            {"MAIL_PROVIDER": "pigeon"},
            "MAIL_PROVIDER must be one of resend and is 'pigeon'; for example MAIL_PROVIDER=",
        ),
        ({"MAIL_PROVIDER": "resend"}, "MAIL_API_KEY is needed with MAIL_PROVIDER; for example MAIL_API_KEY=re_"),
        ({"MAIL_API_KEY": KEY}, "MAIL_PROVIDER is needed where MAIL_API_KEY is set; for example MAIL_PROVIDER=resend"),
        ({"MAIL_API_URL": "https://x"}, "MAIL_PROVIDER is needed where MAIL_API_URL is set"),
        ({"MAIL_PROVIDER": "resend", "MAIL_API_KEY": f"Bearer {KEY}"}, "MAIL_API_KEY must be the key alone"),
        ({"MAIL_PROVIDER": "resend", "MAIL_API_KEY": f"{KEY}\n{KEY}"}, "MAIL_API_KEY must be the key alone"),
        ({"MAIL_PROVIDER": "resend", "MAIL_API_KEY": f"{KEY}é"}, "MAIL_API_KEY must be the key alone"),
        ({"MAIL_PROVIDER": "resend", "MAIL_API_KEY": KEY, "SMTP_URL": "smtp://mail"}, "SMTP_URL can't be used beside"),
        (
            {"MAIL_PROVIDER": "resend", "MAIL_API_KEY": KEY, "MAIL_BOUNCES": "b@x.org"},
            "MAIL_BOUNCES can't be used with",
        ),
        *(
            ({"MAIL_PROVIDER": "resend", "MAIL_API_KEY": KEY, "MAIL_API_URL": url}, problem)
            for url, problem in [
                ("api.resend.com", "MAIL_API_URL must be where its API is"),
                (f"https://{KEY}@api.resend.com", "MAIL_API_URL must be where its API is"),
                ("https://api.resend.com:port", "MAIL_API_URL must be where its API is"),
                ("https://api.resend.com?region=eu", "MAIL_API_URL must be where its API is"),
                ("http://api.resend.com", "MAIL_API_URL must start with https://, for the key goes along"),
            ]
        ),
    ],
)
def test_what_is_wrong_is_said_by_name_and_without_the_key(given: dict[str, str], problem: str) -> None:
    with pytest.raises(BadSetting) as refusal:
        read(**given)

    assert str(refusal.value).startswith(problem)
    assert "hunter2" not in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_the_key_is_kept_out_of_what_is_printed() -> None:
    assert "hunter2" not in repr(read(MAIL_PROVIDER="resend", MAIL_API_KEY=KEY))
