"""A verb is what a person does: one transaction, one event, and once per idempotency key."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import wraps
from hashlib import sha256
from typing import Any, ParamSpec
from uuid import UUID

import orjson
from tortoise.exceptions import IntegrityError

from sales import database, idempotency
from sales.advice import Advice, AdviceCode
from sales.attempts import Overtaken, attempt
from sales.errors import InvalidValue, Refusal, Refused
from sales.journal.drafts import Draft, write
from sales.viewers import Viewer

P = ParamSpec("P")

_STABLE = orjson.OPT_SORT_KEYS | orjson.OPT_PASSTHROUGH_DATACLASS


class Unconfirmed(Exception):
    """Not to be done, nor refused, before it is known who asks: `by` was no more than a guess."""


@dataclass(frozen=True)
class Outcome:
    """What a verb did: to which row, at which position of the journal (None: there was nothing to change)."""

    id: UUID
    position: int | None
    warnings: tuple[Advice, ...] = ()


def verb(function: Callable[P, Awaitable[Draft]]) -> Callable[P, Awaitable[Outcome]]:
    """Run a function that drafts an event in a transaction, and write the draft as its last statement.

    With an idempotency key the first outcome is answered again for 24 hours, and other input refused (KeyReused).
    """

    @wraps(function)
    async def run(*args: P.args, **kwargs: P.kwargs) -> Outcome:
        by = kwargs["by"]
        assert isinstance(by, Viewer)
        if by.guess is not None:
            raise Unconfirmed
        key = by.idempotency_key
        with duplicates_refused():
            async with database.transaction():
                if key is not None:
                    first = await idempotency.begin(by, key, _fingerprint(function, args, kwargs))
                    if first is not None:
                        return _recalled(first)
                return await _write(await function(*args, **kwargs), key)

    return run


def optimistic_verb(function: Callable[P, Awaitable[Draft]]) -> Callable[P, Awaitable[Outcome]]:
    """A verb that is first attempted without locks, and with them where it was overtaken or has something to refuse.

    For what decides on nothing but rows that it holds (`attempts.hold`), and reads each of them once. Who asks may be a
    guess (`sales/callers.py`): what writes confirms it. Raises Unconfirmed where nothing is to be written.
    """
    surely = verb(function)

    @wraps(function)
    async def run(*args: P.args, **kwargs: P.kwargs) -> Outcome:
        by = kwargs["by"]
        assert isinstance(by, Viewer)
        if by.idempotency_key is None and not database.in_transaction_already():
            with suppress(Overtaken, Refusal, Refused, IntegrityError), attempt():
                return await _write(await function(*args, **kwargs), None)
        return await surely(*args, **kwargs)

    return run


async def _write(draft: Draft, key: str | None) -> Outcome:
    kept = {"id": draft.subject.pk, "warnings": [_kept(advice) for advice in draft.warnings]}
    if draft.is_empty:
        if draft.by.guess is not None:
            raise Unconfirmed
        if key is not None:
            await idempotency.settle(draft.by, key, kept)
        return Outcome(draft.subject.pk, None, tuple(draft.warnings))
    position = await write(draft, key=key, outcome=kept)
    return Outcome(draft.subject.pk, position, tuple(draft.warnings))


def _fingerprint(function: Callable[..., Any], args: Any, kwargs: Any) -> str:
    asked = {name: value for name, value in kwargs.items() if name != "by"}
    text = orjson.dumps([function.__qualname__, args, asked], default=repr, option=_STABLE)
    return sha256(text).hexdigest()


def _kept(advice: Advice) -> dict[str, Any]:
    return {"code": advice.code, "ids": advice.ids, "values": advice.values}


def _recalled(outcome: dict[str, Any]) -> Outcome:
    warnings = [
        Advice(AdviceCode(kept["code"]), tuple(UUID(id) for id in kept["ids"]), kept["values"])
        for kept in outcome["warnings"]
    ]
    return Outcome(UUID(outcome["id"]), outcome.get("position"), tuple(warnings))


_TAKEN = {
    "pipelines_name": ("name", "name_taken"),
    "steps_name": ("name", "name_taken"),
    "reasons_label": ("label", "name_taken"),
    "teams_name": ("name", "name_taken"),
    "saved_views_name": ("name", "name_taken"),
    "users_email": ("email", "email_taken"),
    # Which of the two notices it first is PostgreSQL's affair.
    **{
        f"{table}_{key}": ("id", "id_taken")
        for table in ("leads", "reminders", "pipelines", "steps", "reasons", "saved_views", "endpoints")
        for key in ("pkey", "in_account")
    },
}
"""Rules that two requests at once can only break together, so the database holds them."""


@contextmanager
def duplicates_refused() -> Iterator[None]:
    """Tell a person which name, address or id is taken, where it was the database that noticed."""
    try:
        yield
    except IntegrityError as error:
        refusal = _TAKEN.get(getattr(error.__cause__, "constraint_name", None) or "")
        if refusal is None:
            raise
        raise InvalidValue(*refusal) from error


class Checks:
    """Collects what is wrong with one request, so that all of it is told at once.

    `with checks: ...` swallows a refusal; `checks.done()` raises what was collected.
    """

    def __init__(self) -> None:
        self.refusals: list[Refusal] = []

    def __enter__(self) -> "Checks":
        return self

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> bool:
        if isinstance(error, Refused):
            self.refusals += error.refusals
            return True
        if isinstance(error, Refusal):
            self.refusals.append(error)
            return True
        return False

    @contextmanager
    def under(self, path: str) -> Iterator[None]:
        """The same for a part of the input: the paths of what is refused begin with `path`."""
        before = len(self.refusals)
        with self:
            yield
        for refusal in self.refusals[before:]:
            refusal.path = f"{path}.{refusal.path}" if refusal.path else path

    def done(self) -> None:
        if len(self.refusals) == 1:
            raise self.refusals[0]
        if self.refusals:
            raise Refused(self.refusals)
