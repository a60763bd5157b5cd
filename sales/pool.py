"""The pool: Tortoise's engine over asyncpg, with transactions that survive a restart of PostgreSQL."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import asyncpg
from tortoise.backends.asyncpg.client import AsyncpgDBClient, TransactionWrapper
from tortoise.backends.base.client import TransactionalDBClient, TransactionContext, TransactionContextPooled
from tortoise.connection import get_connections
from tortoise.exceptions import TransactionManagementError

ACQUIRE_SECONDS = 10


class _Transaction(TransactionContextPooled):
    """Tortoise's own loses a pool slot and poisons its task when PostgreSQL goes away between acquire and release.

    Measured with Tortoise 1.1.9: after a few restarts under load every slot was gone. Here the connection is
    always given back, a broken one is ended first, and the context is only set once the transaction has begun.
    """

    __slots__ = ()

    async def __aenter__(self) -> TransactionalDBClient:
        await self.ensure_connection()
        self.client._connection = await self._pool.acquire(timeout=ACQUIRE_SECONDS)
        try:
            await self.client.begin()
        except BaseException:
            await self._give_back(broken=True)
            raise
        self.token = get_connections().set(self.connection_name, self.client)
        return self.client

    async def __aexit__(self, kind: Any, error: Any, trace: Any) -> None:
        broken = True
        try:
            if not self.client._finalized:
                if kind is None:
                    await self.client.commit()
                elif not issubclass(kind, TransactionManagementError):
                    await self._roll_back()
            broken = not self.client._finalized
        finally:
            get_connections().reset(self.token)
            await self._give_back(broken=broken)

    async def _roll_back(self) -> None:
        try:
            await self.client.rollback()
        except Exception:
            # The error that brought us here is the one to raise; the connection is ended, which rolls back too.
            return

    async def _give_back(self, *, broken: bool) -> None:
        connection = self.client._connection
        if broken:
            with suppress(asyncpg.InterfaceError):  # lost, and taken back by the pool already
                connection.terminate()
        try:
            await self._pool.release(connection)
        except Exception:
            connection.terminate()

    @property
    def _pool(self) -> Any:
        return self.client._parent._pool


class _Connection(asyncpg.Connection):
    """A connection that goes back to the pool as it is: nothing here leaves session state, so nothing has to be reset.

    asyncpg would ask PostgreSQL to reset itself after each use, which costs as much as reading a row.
    """

    def get_reset_query(self) -> str:
        return ""

    async def reset(self, *, timeout: float | None = None) -> None:
        """Only what a transaction left open has to be ended; asyncpg sets a timer first, in any case."""
        if self.is_in_transaction():
            await super().reset(timeout=timeout)

    def is_quiet(self, most_queries: int) -> bool:
        """Whether it has nothing to wait for before somebody else may have it."""
        protocol: Any = self._protocol
        return not protocol._is_cancelling() and not self.is_in_transaction() and protocol.queries_count < most_queries


class _Pool(asyncpg.Pool):
    """A pool that takes a quiet connection back at once; asyncpg makes a task of it, which nobody can cancel."""

    __slots__ = ()

    async def release(self, connection: Any, *, timeout: float | None = None) -> None:
        held = connection._con
        if type(held) is not _Connection or held.is_closed() or not held.is_quiet(self._max_queries):
            await super().release(connection, timeout=timeout)
            return
        may_be_awaited = self._queue.empty()
        held._on_release()
        await connection._holder.release(None)
        if may_be_awaited:
            await asyncio.sleep(0)  # whoever waits takes it, before the task that gives it back asks again


class Client(AsyncpgDBClient):
    """asyncpg through Tortoise, with transactions that survive a restart of PostgreSQL."""

    connection_class = _Connection

    async def create_pool(self, **settings: Any) -> asyncpg.Pool:
        # No lifetime: to time each connection anew costs as much as to take it.
        defaults = {"max_queries": 50_000, "max_inactive_connection_lifetime": 0, "record_class": asyncpg.Record}
        hooks = dict.fromkeys(("connect", "setup", "init", "reset"))
        return await _Pool(**defaults, **hooks, **settings)

    async def execute_query_dict(self, query: str, values: list[Any] | None = None) -> list[dict[str, Any]]:
        """Tortoise's own, without what it wraps around taking a connection and giving it back."""
        if self._pool is None:
            return list(await super().execute_query_dict(query, values))
        self.log.debug("%s: %s", query, values)
        found: Any = await self._translate_exceptions(_run, query, values or ())
        return list(found)

    def _in_transaction(self) -> TransactionContext:
        return _Transaction(TransactionWrapper(self), self._pool_init_lock)


async def _run(client: Client, query: str, values: Sequence[Any]) -> list[dict[str, Any]]:
    pool: Any = client._pool
    connection = await pool.acquire()
    try:
        return [dict(row) for row in await connection._con.fetch(query, *values)]  # past its proxy, a third of the cost
    finally:
        await pool.release(connection)


client_class = Client
