"""Seeded bugs: what the checker must find, or it finds nothing."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from dataclasses import replace
from types import SimpleNamespace
from typing import Any, Final
from uuid import UUID

from tortoise.backends.asyncpg.client import TransactionWrapper
from tortoise.backends.base.client import TransactionContextPooled

from chaos.faults import changed, is_armed, reached
from sales import clock, database, dispatch, pool
from sales.deliveries import claiming, settling
from sales.endpoints import Endpoint
from sales.journal import Event, Kind
from schema import payloads
from services.worker.sends import Sender
from services.worker.ways import Outgoing


def settle_before_send() -> None:
    """Noted as sent, then sent."""
    send = Sender._send

    async def settled_first(sender: Sender, outgoing: Outgoing, *, ends: float) -> None:
        await settling.sent(outgoing.claim)
        reached("settled, not sent")
        await send(sender, outgoing, ends=ends)

    Sender._send = settled_first  # type: ignore[assignment, method-assign]


def unfenced_failure() -> None:
    """Whoever fails settles the delivery, also one that somebody else sends by now."""
    settling._FAILED = changed(settling._FAILED, "d.state = 'PENDING' and d.lease = $3", "d.state = 'PENDING'")


def no_dedupe_key() -> None:
    """Telling and moving the cursor are two transactions, and nothing says that somebody was told before."""
    unique = "w.position || ':' || w.user_id"
    dispatch._TELL = changed(dispatch._TELL, unique, "uuidv7()::text")

    apart = SimpleNamespace(**vars(database))
    apart.transaction = nullcontext
    dispatch.database = apart  # type: ignore[assignment, attr-defined]
    tell: Callable[..., Awaitable[None]] = dispatch._tell

    async def told(turns: dispatch.Turns) -> None:
        await tell(turns)
        if any(event.kind == Kind.REMINDER_FIRED for events in turns.values() for event in events):
            reached("told, cursor not moved")

    dispatch._tell = told


def no_order_clause() -> None:
    """The next event of a lead is sent while the one before it waits for its next attempt."""
    claiming._CLAIM = changed(claiming._CLAIM, claiming._IN_ORDER, "true")
    claiming._NEXT = changed(claiming._NEXT, claiming._IN_ORDER, "true")


def signed_once() -> None:
    """A webhook is written and signed for its first attempt, and sent as it is by each later one."""
    request, written = payloads.request, dict[UUID, payloads.Request]()

    async def kept(endpoint: Endpoint, event: Event, *, delivery_id: UUID, **when: Any) -> payloads.Request:
        if delivery_id not in written:
            written[delivery_id] = await request(endpoint, event, delivery_id=delivery_id, **when)
        return written[delivery_id]

    payloads.request = kept


def stock_transactions() -> None:
    """Tortoise's own transactions, which poison their task when PostgreSQL goes away before they have begun."""

    def stock(client: pool.Client) -> Any:
        return TransactionContextPooled(TransactionWrapper(client), client._pool_init_lock)

    pool.Client._in_transaction = stock  # type: ignore[assignment, method-assign]
    begin = TransactionWrapper.begin

    async def begun(client: Any) -> None:
        if is_armed("acquired"):
            client._connection.terminate()
        reached("acquired", error=ConnectionResetError)
        await begin(client)

    TransactionWrapper.begin = begun  # type: ignore[method-assign]


def volatile_clock() -> None:
    """clock_timestamp() where it is asked what is due, which no index can answer."""
    statement = changed(clock.FIRE.statement, "r.due_at <= now()", "r.due_at <= clock_timestamp()")
    clock.FIRE = replace(clock.FIRE, statement=statement)


BUGS: Final[Mapping[str, Callable[[], None]]] = {
    bug.__name__: bug
    for bug in (
        settle_before_send,
        unfenced_failure,
        no_dedupe_key,
        no_order_clause,
        signed_once,
        stock_transactions,
        volatile_clock,
    )
}
