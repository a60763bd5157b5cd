"""Refusals as data: why a mutation was not carried out, with what a client needs to do better."""

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import strawberry
from strawberry import Parent

from sales import errors
from sales.errors import ErrorCode, Refusal, WhyNotUndone
from sales.leads import Status
from sales.reminders import ReminderState
from sales.steps import Guard
from sales.users import User as Person
from schema import plans
from schema.context import Info
from schema.names import camel, shown_value

if TYPE_CHECKING:
    from schema.users import User


@dataclass(frozen=True)
class Told:
    """A refusal as a value: GraphQL would raise an exception that a resolver returns."""

    refusal: Any


@strawberry.interface(description="Why nothing was done. Nothing has changed when there is one of these.")
class MutationError:
    def __init_subclass__(cls, *, of: type[Refusal] | None = None) -> None:
        if of is not None:
            cls.is_type_of = classmethod(lambda cls, told, info: _is(told, of))  # type: ignore[attr-defined]

    @strawberry.field(description="For programs. Never null.")
    def code(self, told: Parent[Told]) -> ErrorCode:
        code: ErrorCode = told.refusal.code
        return code

    @strawberry.field(description="For the person who asked, in their language. Never null.")
    def message(self, told: Parent[Told], info: Info) -> str:
        message: str = told.refusal.message(info.context.locale)
        return message

    @strawberry.field(description='The field of the input that it is about, as in `["until", "at"]`; null: about none.')
    def path(self, told: Parent[Told]) -> list[str] | None:
        return told.refusal.path.split(".") if told.refusal.path else None


@strawberry.type(description="It does not exist, or you may not see it.")
class NotFound(MutationError, of=errors.NotFound):
    pass


@strawberry.type(description="You may see it and not change it.")
class NotAllowed(MutationError, of=errors.NotAllowed):
    @strawberry.field(
        description="Who may: `owner` (the owner, their managers and administrators), `claim` (claim it first), "
        "`reminder` (the person reminded, or who may edit the lead), `view` (whose view it is, and administrators), "
        "`administrator`, `session` (a person, no API key), `undo` (who did it, and administrators). Never null."
    )
    def needs(self, told: Parent[Told]) -> str:
        return str(told.refusal.needs)


@strawberry.type(description="A value that can't be taken; `path` says which.")
class InvalidValue(MutationError, of=errors.InvalidValue):
    @strawberry.field(description="What is wrong with it, for programs, such as `moment_past`. Never null.")
    def reason(self, told: Parent[Told]) -> str:
        return str(told.refusal.reason)


@strawberry.type(description="This status can't follow that one.")
class IllegalTransition(MutationError, of=errors.IllegalTransition):
    @strawberry.field(name="from", description="The status that the lead has. Never null.")
    def current(self, told: Parent[Told]) -> Status:
        return Status(told.refusal.current)

    @strawberry.field(description="The status that it was to get. Never null.")
    def to(self, told: Parent[Told]) -> Status:
        return Status(told.refusal.wanted)

    @strawberry.field(description="The statuses that it may get; may be empty, never null.")
    def allowed(self, told: Parent[Told]) -> list[Status]:
        return [Status(status) for status in told.refusal.allowed]


@strawberry.type(description="The step asks for fields that are empty.")
class StepGuardFailed(MutationError, of=errors.StepGuardFailed):
    @strawberry.field(description="All fields that must be filled first. Never null.")
    def missing(self, told: Parent[Told]) -> list[Guard]:
        return [Guard(guard) for guard in told.refusal.missing]


@strawberry.type(description="The account wants a reason for this status.")
class ReasonRequired(MutationError, of=errors.ReasonRequired):
    @strawberry.field(description="The status that needs one. Never null.")
    def status(self, told: Parent[Told]) -> Status:
        return Status(told.refusal.status)


@strawberry.type(description="A field on which two edits disagree; values as text.")
class FieldConflict:
    @strawberry.field(description="The field of the lead, such as `stepId`. Never null.")
    def field(self, conflict: Parent[errors.FieldConflict]) -> str:
        return camel(conflict.field)

    @strawberry.field(
        description="What it was at the version that you knew, or right after the change to undo; null: empty."
    )
    def base(self, conflict: Parent[errors.FieldConflict]) -> str | None:
        return shown_value(conflict.field, conflict.base)

    @strawberry.field(description="What it is now; null: empty.")
    def theirs(self, conflict: Parent[errors.FieldConflict]) -> str | None:
        return shown_value(conflict.field, conflict.theirs)

    @strawberry.field(description="What you sent, or what it was before the change to undo; null: empty.")
    def yours(self, conflict: Parent[errors.FieldConflict]) -> str | None:
        return shown_value(conflict.field, conflict.yours)


@strawberry.type(description="A field that was sent, or is to be put back, has changed since.")
class VersionConflict(MutationError, of=errors.VersionConflict):
    @strawberry.field(description="The version that the lead is at now. Never null.")
    def version(self, told: Parent[Told]) -> int:
        return int(told.refusal.version)

    @strawberry.field(graphql_type=list[FieldConflict], description="What disagrees. Never null.")
    def fields(self, told: Parent[Told]) -> Any:
        return told.refusal.fields


@strawberry.type(description="Somebody else was faster.")
class AlreadyClaimed(MutationError, of=errors.AlreadyClaimed):
    @strawberry.field(
        graphql_type=Annotated["User", strawberry.lazy("schema.users")] | None,
        description="Who owns the lead now. Null when that person can't be seen.",
    )
    async def owner(self, told: Parent[Told], info: Info) -> Any:
        return await plans.row(info, Person, told.refusal.owner_id)


@strawberry.type(description="Leads are in it: name a step that takes them.")
class StepInUse(MutationError, of=errors.StepInUse):
    @strawberry.field(description="How many leads are in it. Never null.")
    def lead_count(self, told: Parent[Told]) -> int:
        return int(told.refusal.leads)


@strawberry.type(description="The reminder fired, or was ended, before.")
class ReminderNotPending(MutationError, of=errors.ReminderNotPending):
    @strawberry.field(description="What became of it. Never null.")
    def state(self, told: Parent[Told]) -> ReminderState:
        return ReminderState(told.refusal.state)

    @strawberry.field(description="Since when; null while it is pending.")
    def since(self, told: Parent[Told]) -> datetime | None:
        since: datetime | None = told.refusal.since
        return since


@strawberry.type(description="It can't be undone, or no longer.")
class CannotUndo(MutationError, of=errors.CannotUndo):
    @strawberry.field(description="Why not. Never null.")
    def reason(self, told: Parent[Told]) -> WhyNotUndone:
        return WhyNotUndone(told.refusal.why)


@strawberry.type(description="Wait before the next attempt.")
class TooManyAttempts(MutationError, of=errors.TooManyAttempts):
    @strawberry.field(description="How many milliseconds to wait. Never null.")
    def retry_after_ms(self, told: Parent[Told]) -> int:
        return max(0, int(told.refusal.retry_after.total_seconds() * 1000))


_WITH_MORE = (
    errors.NotFound, errors.NotAllowed, errors.InvalidValue, errors.IllegalTransition, errors.StepGuardFailed,
    errors.ReasonRequired, errors.VersionConflict, errors.AlreadyClaimed, errors.StepInUse, errors.ReminderNotPending,
    errors.TooManyAttempts, errors.CannotUndo,
)  # fmt: skip


@strawberry.type(description="A refusal that needs no more than its code.")
class PlainError(MutationError):
    @classmethod
    def is_type_of(cls, told: object, info: object) -> bool:
        return _is(told, Refusal) and not _is(told, _WITH_MORE)


TYPES = (
    NotFound, NotAllowed, InvalidValue, IllegalTransition, StepGuardFailed, ReasonRequired, VersionConflict,
    AlreadyClaimed, StepInUse, ReminderNotPending, TooManyAttempts, CannotUndo, PlainError,
)  # fmt: skip
"""The schema finds these through the interface alone, so it has to be told of them."""


def _is(told: object, kind: type[Refusal] | tuple[type[Refusal], ...]) -> bool:
    return isinstance(told, Told) and isinstance(told.refusal, kind)
