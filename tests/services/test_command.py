"""The command line helps, and refuses in one sentence."""

import re

import pytest

from services.command import main

COMMANDS = ["up", "api", "worker", "migrate", "demo", "schema", "migration", "failures"]


@pytest.fixture(autouse=True)
def _no_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)


def test_help_names_every_command_and_every_variable(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["--help"])

    shown = capsys.readouterr().out
    assert ended.value.code == 0
    for command in COMMANDS:
        assert re.search(rf"^    {command}\s", shown, re.MULTILINE)
    for variable in ("PORT", "HOST", "DATA_DIR", "DATABASE_URL", "REDIS_URL", "SMTP_URL", "PUBLIC_URL", "MAIL_FROM"):
        assert f"\n  {variable} " in shown


@pytest.mark.parametrize("command", ["api", "worker", "migrate", "demo"])
def test_what_needs_a_database_says_so(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command]) == 1

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("relance: DATABASE_URL is needed here (only `relance up` brings its own); for example ")
    assert said.err.count("\n") == 1


def test_a_migration_has_a_name_that_a_file_can_have(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["migration", "Add colours"])

    assert ended.value.code == 2
    assert "must be lower-case words joined by _, such as add_lead_colours" in capsys.readouterr().err
