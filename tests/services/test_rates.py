"""Rates of providers, as an operator sets them: in one form, checked at the start."""

import pytest

from sales.deliveries.rates import Provider
from services.command import main
from services.settings import BadSetting, Settings


def test_each_provider_has_its_own_rate_a_second_or_a_minute() -> None:
    chosen = {"MAIL_RATE": "14/s", "WEB_PUSH_RATE": "90/min", "FCM_RATE": "10000/s"}

    assert Settings.from_environment(chosen).rates == {
        Provider.MAIL: 840, Provider.WEB_PUSH: 90, Provider.FCM: 600_000,
    }  # fmt: skip
    assert Settings.from_environment({"MAIL_RATE": " "}).rates == {}


@pytest.mark.parametrize(
    "rate", ["14", "0/s", "-1/s", "1.5/s", "14/h", "14 /s", "10001/s", "600001/min", "many/s", "٣/s"]
)
@pytest.mark.parametrize("name", ["MAIL_RATE", "WEB_PUSH_RATE", "FCM_RATE"])
def test_anything_else_ends_the_start_with_one_sentence(name: str, rate: str) -> None:
    with pytest.raises(BadSetting) as refused:
        Settings.from_environment({name: rate})

    assert str(refused.value) == (
        f"{name} must say how many messages leave in a second or a minute, 10000/s at most, and is '{rate}'; "
        f"for example {name}=14/s"
    )


def test_a_worker_does_not_start_with_a_rate_that_cannot_be_read(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MAIL_RATE", "fast")

    assert main(["worker"]) == 1

    assert capsys.readouterr().err.startswith("relance: MAIL_RATE must say how many messages leave")
