"""The command line helps, and refuses in one sentence."""

import re
import socket
from pathlib import Path

import pytest

from services import reach
from services.command import main
from services.settings import DATABASE_FILE

COMMANDS = ["up", "api", "worker", "migrate", "demo", "account", "schema", "migration", "failures"]


@pytest.fixture(autouse=True)
def _no_servers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DATA_DIR", str(tmp_path))
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


def test_what_needs_a_database_finds_that_of_a_running_up(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / DATABASE_FILE).write_text("postgresql://ann@/x?host=/no/such/folder")

    assert main(["migrate"]) == 1

    assert capsys.readouterr().err.startswith("relance: The PostgreSQL of DATABASE_URL can't be used: ")


def test_a_port_that_is_taken_is_one_sentence_for_the_api_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    async def answers(url: str) -> None:
        """The database is not what this is about."""

    monkeypatch.setattr(reach, "check_database", answers)
    monkeypatch.setenv("DATABASE_URL", "postgresql://ann@localhost/x")
    with socket.create_server(("127.0.0.1", 0)) as other:
        monkeypatch.setenv("PORT", str(other.getsockname()[1]))

        assert main(["api"]) == 1

    said = capsys.readouterr().err
    assert "can't be used (address already in use)" in said
    assert said.count("\n") == 1
