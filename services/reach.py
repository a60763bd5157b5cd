"""Whether the servers that the settings name answer and will do, and one sentence if not."""

import os
import re
import socket

import asyncpg
from redis.asyncio import Redis
from redis.exceptions import RedisError

from services.settings import CannotStart

_CONNECT_SECONDS = 10.0
_OLDEST_POSTGRESQL = 18
_ERROR_NUMBER = re.compile(r"^\[Errno \d+\] ")


async def check_database(url: str) -> None:
    """Raises `CannotStart` unless a PostgreSQL that is new enough answers."""
    try:
        connection = await asyncpg.connect(url, timeout=_CONNECT_SECONDS)
    except TimeoutError:
        raise CannotStart(f"The PostgreSQL of DATABASE_URL doesn't answer within {_CONNECT_SECONDS:.0f} s.") from None
    except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as problem:
        raise CannotStart(f"The PostgreSQL of DATABASE_URL can't be used: {_sentence(problem)}") from None
    major = connection.get_server_version().major
    await connection.close()
    if major < _OLDEST_POSTGRESQL:
        raise CannotStart(f"DATABASE_URL must point to PostgreSQL {_OLDEST_POSTGRESQL} or newer and points to {major}.")


async def check_redis(url: str) -> None:
    """Raises `CannotStart` unless a Redis or Valkey answers."""
    client = Redis.from_url(url, socket_connect_timeout=_CONNECT_SECONDS, socket_timeout=_CONNECT_SECONDS)
    try:
        await client.ping()
    except (OSError, RedisError) as problem:
        raise CannotStart(f"The Redis of REDIS_URL can't be used: {_sentence(problem)}") from None
    finally:
        await client.aclose()


def check_port(host: str, port: int) -> None:
    """Raises `CannotStart` unless we can listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except socket.gaierror:
        raise CannotStart(f"HOST {host} is no address of this machine.") from None
    except OSError as problem:
        reason = os.strerror(problem.errno).lower() if problem.errno else str(problem)
        another = port + 1 if port < 65535 else port - 1
        raise CannotStart(f"Port {port} on {host} can't be used ({reason}); choose another: PORT={another}.") from None


def _sentence(problem: Exception) -> str:
    words = _ERROR_NUMBER.sub("", " ".join(str(problem).split())) or type(problem).__name__
    return words if words.endswith(".") else f"{words}."
