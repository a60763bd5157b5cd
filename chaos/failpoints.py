"""The crash points P1 to P13, put around the functions between which they lie."""

import asyncio
from collections.abc import Callable, Mapping
from email.message import EmailMessage
from functools import wraps
from typing import Any, Final

from aiosmtplib import SMTP

from chaos.faults import reached
from sales import clock, database, dispatch, idempotency, replays, sweeps, verbs
from sales.deliveries import Channel, claiming, settling
from sales.deliveries.claiming import Claim
from services.api.bell import Bell
from services.worker import outbound, smtp
from services.worker.sends import Sender
from services.worker.ways import Outgoing, Result

OF_THE_API: Final = {
    "P1": "before COMMIT",
    "P2": "after COMMIT, before the bell",
    "P3": "after the bell, before the answer",
}
OF_THE_WORKER: Final = {
    "P4": "inside the firing, before its commit",
    "P5": "after the firing",
    "P5b": "people are told, the dispatch has not committed",
    "P6": "after the claim, before the connection",
    "P7": "the text is out, the answer isn't in",
    "P8": "after the receiver's yes, before it is settled",
    "P9": "settled, and the connection to PostgreSQL is cut before its answer",
    "P10": "after it is settled",
    "P6w": "of a webhook: after the claim, before the connection",
    "P7w": "its request is out, the answer isn't in",
    "P8w": "after its receiver's yes, before it is settled",
    "P9w": "settled, and the connection to PostgreSQL is cut before its answer",
    "P10w": "after it is settled",
    "P11w": "its receiver has refused it; neither this nor the rest that it is to have is noted",
}
"""P6 to P10 are of e-mails."""
OF_CHORES: Final = {
    "P12": "inside the replay of what was set aside",
    "P13": "inside a deletion of what is old",
}
NOT_HERE: Final = {
    "P11": "nothing is postponed for an endpoint that rests: its lane is passed by without touching a row (so: P11w)",
    "P14": "no moment is worked out anew when the zones' table changes: the moment that was acknowledged stays",
}

TEXT_IS_OUT_SECONDS: Final = 0.05
"""How long the bytes need to the receiver on this machine; it must not answer before."""


def install() -> None:
    """Put every point into this process; what is armed decides which of them acts."""
    _of_the_api()
    _of_the_clock_and_dispatch()
    _of_sending()
    _of_chores()


def _of_the_api() -> None:
    _after(verbs, "_write", "P1")
    ring = Bell.ring

    def rung(bell: Bell) -> None:
        reached("P2")
        ring(bell)
        reached("P3")

    Bell.ring = rung  # type: ignore[assignment, method-assign]


def _of_the_clock_and_dispatch() -> None:
    fire = clock.fire_due

    async def fire_due(limit: int = sweeps.BATCH) -> int:
        # One statement is its own transaction: only inside a larger one is there an instant before its commit.
        async with database.transaction():
            fired = await fire(limit)
            if fired:
                reached("P4")
        if fired:
            reached("P5")
        return fired

    clock.fire_due = fire_due
    _after(dispatch, "_tell", "P5b")


def _of_sending() -> None:
    claim, sent, failed, hand_over = claiming.claim, settling.sent, settling.failed, smtp._hand_over
    settle_it, trace = Sender._settle, outbound._Sending.trace

    async def claimed(*args: Any, **kwargs: Any) -> Any:
        claims = await claim(*args, **kwargs)
        for channel in {claim.channel for claim in claims}:
            reached(_of(channel, "P6"))
        return claims

    async def handed_over(client: SMTP, message: EmailMessage) -> Result:
        handing = asyncio.create_task(hand_over(client, message))
        try:
            await asyncio.sleep(TEXT_IS_OUT_SECONDS)
            reached("P7")
            return await handing
        finally:
            handing.cancel()

    async def settled(claim: Claim, **kwargs: Any) -> None:
        reached(_of(claim.channel, "P8"))
        await sent(claim, **kwargs)
        reached(_of(claim.channel, "P9"), error=ConnectionResetError)

    async def refused(claim: Claim, *args: Any, **kwargs: Any) -> Any:
        reached(_of(claim.channel, "P11"), error=ConnectionResetError)
        return await failed(claim, *args, **kwargs)

    async def settle(sender: Sender, outgoing: Outgoing, result: Result, *, ends: float) -> None:
        await settle_it(sender, outgoing, result, ends=ends)
        reached(_of(outgoing.claim.channel, "P10"))

    async def traced(sending: outbound._Sending, event: str, info: Mapping[str, Any]) -> None:
        await trace(sending, event, info)
        if event.endswith("send_request_body.complete"):
            reached("P7w")

    claiming.claim, settling.sent, settling.failed = claimed, settled, refused
    smtp._hand_over = handed_over
    outbound._Sending.trace = traced  # type: ignore[assignment, method-assign]
    Sender._settle = settle  # type: ignore[assignment, method-assign]


def _of(channel: Channel, point: str) -> str:
    return f"{point}w" if channel == Channel.WEBHOOK else point


def _of_chores() -> None:
    _after(replays, "dispatch_again", "P12")
    forget = idempotency.forget_old

    async def forget_old() -> int:
        async with database.transaction():
            forgotten = await forget()
            if forgotten:
                reached("P13")
        return forgotten

    idempotency.forget_old = forget_old


def _after(owner: Any, name: str, point: str) -> None:
    function: Callable[..., Any] = getattr(owner, name)

    @wraps(function)
    async def then_reached(*args: Any, **kwargs: Any) -> Any:
        value = await function(*args, **kwargs)
        reached(point)
        return value

    setattr(owner, name, then_reached)
