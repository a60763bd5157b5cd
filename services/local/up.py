"""Everything on one machine until Ctrl-C: PostgreSQL and Valkey where no URL names others, the API, the worker."""

import asyncio
import contextlib
import os
import secrets
import signal
import urllib.error
import urllib.request
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from services import vapid
from services.local.postgres import Postgres
from services.local.processes import hold, hold_within
from services.local.programs import Child, Program, keep_running, say
from services.local.valkey import Valkey
from services.reach import check_database, check_port, check_redis
from services.settings import DATABASE_FILE, SECRET_FILE, VAPID_FILE, CannotStart, Settings

_LEFTOVER_SECONDS = 45.0
_PATIENCE_SECONDS = 30.0
_ASK_SECONDS = 2.0
_ASK_AGAIN_SECONDS = 0.1
_LOOPBACK = "127.0.0.0/8,::1/128"
"""Whoever tries webhooks on a laptop receives them there."""
_EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}


def run(settings: Settings, *, empty: bool = False) -> None:
    """Run everything until SIGINT or SIGTERM, and leave no process; `empty` without demo data. Raises `CannotStart`."""
    asyncio.run(_until_told_to_stop(settings, empty))


async def _until_told_to_stop(settings: Settings, empty: bool) -> None:
    work = asyncio.create_task(_up(settings, empty))

    def stop() -> None:
        print("\n  Stopping everything.\n", flush=True)
        work.cancel()

    for told in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(told, stop)
    with contextlib.suppress(asyncio.CancelledError):
        await work


async def _up(settings: Settings, empty: bool) -> None:
    async with AsyncExitStack() as stack:
        lock = await _claim(settings.data_dir, stack)
        check_port(settings.host, settings.port)
        servers, urls = await _servers(settings, stack)
        _make_keys(settings)
        sign_in = await _fill(urls["DATABASE_URL"], empty)
        _tell_operators(settings, urls["DATABASE_URL"], stack)
        programs = await _programs(settings, stack, urls=urls, lock=lock)
        async with asyncio.TaskGroup() as group:
            for child in (*servers, *programs):
                group.create_task(keep_running(child))
            await _ready(settings)
            print(_banner(settings, sign_in), flush=True)


async def _claim(folder: Path, stack: AsyncExitStack) -> int:
    """Make the folder ours alone; returns the lock that our programs hold as long as one of them lives."""
    try:
        os.makedirs(folder, exist_ok=True)
        ours = hold(folder / "up.lock")
        if ours is None:
            raise CannotStart(f"Relance is already up on {folder}: stop that one, or choose another DATA_DIR.")
        stack.callback(os.close, ours)
        programs = await hold_within(folder / "programs.lock", seconds=_LEFTOVER_SECONDS)
    except OSError as problem:
        raise CannotStart(f"DATA_DIR {folder} can't be written: {problem.strerror}.") from None
    if programs is None:
        raise CannotStart(f"Programs of an earlier Relance on {folder} don't end; end them and start again.")
    stack.callback(os.close, programs)
    return programs


async def _servers(settings: Settings, stack: AsyncExitStack) -> tuple[list[Child], dict[str, str]]:
    """Start the servers that no URL was given for; returns them, and the URLs of both."""
    ours: list[Child] = []
    if settings.database_url is not None:
        await check_database(settings.database_url)
    if settings.redis_url is not None:
        await check_redis(settings.redis_url)
    postgres, valkey = Postgres(settings.data_dir / "postgres"), Valkey(settings.data_dir / "valkey")
    for server in [postgres] * (settings.database_url is None) + [valkey] * (settings.redis_url is None):
        await server.start()
        stack.push_async_callback(server.stop)
        ours.append(server)
    return ours, {
        "DATABASE_URL": settings.database_url or postgres.url,
        "REDIS_URL": settings.redis_url or valkey.url,
    }


def _make_keys(settings: Settings) -> None:
    """Keys of this DATA_DIR's own, once: what is sealed with the one, and the browsers that subscribed to the other,
    can be used as long as the files are there."""
    if settings.known_secret_key() is None:
        _keep(settings.data_dir / SECRET_FILE, secrets.token_hex(32))
    if settings.known_vapid_key() is None:
        _keep(settings.data_dir / VAPID_FILE, vapid.new_private_key())


def _keep(file: Path, key: str) -> None:
    with open(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as new:
        new.write(key)


def _tell_operators(settings: Settings, database_url: str, stack: AsyncExitStack) -> None:
    """Leave the database's URL where `relance account` and the like look for it, for as long as we are up."""
    file = settings.data_dir / DATABASE_FILE
    file.touch(mode=0o600)
    file.write_text(database_url)
    stack.callback(file.unlink, missing_ok=True)


async def _fill(database_url: str, empty: bool) -> list[str]:
    """Bring the tables up to date and load the demo data the first time; returns how to sign in."""
    from sales.database import migrate
    from services.local import demo

    await migrate(database_url)
    return [] if empty else await demo.load(database_url)


async def _programs(
    settings: Settings, stack: AsyncExitStack, *, urls: Mapping[str, str], lock: int
) -> tuple[Program, Program]:
    environment = {
        **os.environ,
        **urls,
        "HOST": settings.host,
        "PORT": str(settings.port),
        "DATA_DIR": str(settings.data_dir),
        "ALLOWED_NETWORKS": os.environ.get("ALLOWED_NETWORKS") or _LOOPBACK,
        "PYTHONUNBUFFERED": "1",
    }
    worker, api = (Program(name, environment=environment, lock=lock) for name in ("worker", "api"))
    for program in (worker, api):  # so that the API, which feeds the worker, is stopped before it
        await program.start()
        stack.push_async_callback(program.stop)
    return worker, api


async def _ready(settings: Settings) -> None:
    host = _EVERY_ADDRESS.get(settings.host, settings.host)
    url = f"http://{f'[{host}]' if ':' in host else host}:{settings.port}/health/ready"
    patience = asyncio.get_running_loop().call_later(
        _PATIENCE_SECONDS, say, "up", f"{url} isn't ready after {_PATIENCE_SECONDS:.0f} s; still waiting."
    )
    while not await asyncio.to_thread(_answers, url):
        await asyncio.sleep(_ASK_AGAIN_SECONDS)
    patience.cancel()


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=_ASK_SECONDS):
            return True
    except (urllib.error.URLError, OSError):
        return False


def _banner(settings: Settings, sign_in: list[str]) -> str:
    rows = [
        ("GraphiQL", f"{settings.public_url}/graphql"),
        ("Sign in", "" if sign_in else "as opened by `relance account`"),
    ]
    rows += [("", line) for line in sign_in]
    if settings.smtp is None and settings.mail_provider is None:
        rows += [("E-mails", str(settings.data_dir / "outbox"))]
    body = "\n".join(f"  {label:<10}{text}".rstrip() for label, text in rows)
    return f"\n  Relance is up.\n\n{body}\n\n  Ctrl-C stops everything.\n"
