"""Why a rule refuses. Every refusal carries what its reader needs to do better.

Refused                 several refusals of one request, all at once
Refusal
├── NotFound            it does not exist, or may not be seen: the two are never told apart
├── NotAllowed          it may be seen and not changed; says who may
├── InvalidValue        a value that cannot be taken; says which and why
├── IllegalTransition   this status cannot follow that one; says which can
├── StepGuardFailed     the step asks for fields that are empty; says which
├── ReasonRequired      the account wants a reason for this status
├── VersionConflict     a field that was sent has changed since; says from what to what
├── AlreadyClaimed      somebody else was faster; says who
├── StepInUse           leads are in it; name a target step
├── LastStep            a pipeline keeps at least one step
├── PipelineIsDefault   the default pipeline stays; make another the default first
├── ReminderNotPending  it fired, or was ended, before; says which and when
├── CannotUndo          it cannot be undone, or no longer; says why
├── KeyReused           this idempotency key came with another input before
├── WrongCredentials    e-mail and password do not belong together
└── TooManyAttempts     wait; says how long

`message(locale)` is the sentence for the person who asked, from `sales/locales`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from sales.sentences import say


class ErrorCode(StrEnum):
    """Every code that a refusal may carry. New ones are appended, none is renamed."""

    NOT_FOUND = "NOT_FOUND"
    NOT_ALLOWED = "NOT_ALLOWED"
    INVALID_VALUE = "INVALID_VALUE"
    ILLEGAL_TRANSITION = "ILLEGAL_TRANSITION"
    STEP_GUARD_FAILED = "STEP_GUARD_FAILED"
    REASON_REQUIRED = "REASON_REQUIRED"
    VERSION_CONFLICT = "VERSION_CONFLICT"
    ALREADY_CLAIMED = "ALREADY_CLAIMED"
    STEP_IN_USE = "STEP_IN_USE"
    LAST_STEP = "LAST_STEP"
    PIPELINE_IS_DEFAULT = "PIPELINE_IS_DEFAULT"
    REMINDER_NOT_PENDING = "REMINDER_NOT_PENDING"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"
    WRONG_CREDENTIALS = "WRONG_CREDENTIALS"
    TOO_MANY_ATTEMPTS = "TOO_MANY_ATTEMPTS"
    CANNOT_UNDO = "CANNOT_UNDO"


class Refusal(Exception):
    """A rule said no, and nothing has changed."""

    code: ErrorCode
    path: str | None = None

    def message(self, locale: str) -> str:
        """One sentence in the reader's language (`fr`, anything else is English)."""
        return say(locale, self.sentence, **self.values())

    @property
    def sentence(self) -> str:
        return "refused-" + self.code.lower().replace("_", "-")

    def values(self) -> dict[str, Any]:
        return {}


class Refused(Exception):
    """All that is wrong with one request; `refusals` is never empty."""

    def __init__(self, refusals: Sequence[Refusal]) -> None:
        super().__init__("; ".join(type(refusal).__name__ for refusal in refusals))
        self.refusals = list(refusals)


class NotFound(Refusal):
    code = ErrorCode.NOT_FOUND

    def __init__(self, what: str, path: str | None = "id") -> None:
        super().__init__(what)
        self.what = what
        self.path = path

    def values(self) -> dict[str, Any]:
        return {"what": self.what}


class NotAllowed(Refusal):
    """`needs` is one of `owner`, `claim`, `administrator`, `reminder`, `view`, `session`, `undo`: who may do it."""

    code = ErrorCode.NOT_ALLOWED

    def __init__(self, needs: str) -> None:
        super().__init__(needs)
        self.needs = needs

    @property
    def sentence(self) -> str:
        return f"refused-not-allowed-{self.needs}"


class InvalidValue(Refusal):
    """`path` names the input field (`closedAt`, `until.local.date`); `reason` the sentence in `sales/locales`."""

    code = ErrorCode.INVALID_VALUE

    def __init__(self, path: str, reason: str, **values: Any) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = path
        self.reason = reason
        self._values = values

    @property
    def sentence(self) -> str:
        return "invalid-" + self.reason.replace("_", "-")

    def values(self) -> dict[str, Any]:
        return self._values


class IllegalTransition(Refusal):
    code = ErrorCode.ILLEGAL_TRANSITION

    def __init__(self, current: str, wanted: str, allowed: Sequence[str]) -> None:
        super().__init__(f"{current} -> {wanted}")
        self.current = current
        self.wanted = wanted
        self.allowed = list(allowed)

    def message(self, locale: str) -> str:
        labels = [say(locale, "status-" + status.lower()) for status in (self.current, self.wanted)]
        return say(locale, self.sentence, current=labels[0], wanted=labels[1])

    @property
    def sentence(self) -> str:
        if self.wanted not in self.allowed:
            return "refused-illegal-transition"
        # It may become that, but by another decision.
        return "refused-already-open" if self.current in ("TODO", "STANDBY") else "refused-reopen-first"


class StepGuardFailed(Refusal):
    """`missing` are the names of lead fields (`AMOUNT`, ...) that must be filled first."""

    code = ErrorCode.STEP_GUARD_FAILED

    def __init__(self, step: str, missing: Sequence[str]) -> None:
        super().__init__(f"{step}: {', '.join(missing)}")
        self.step = step
        self.missing = list(missing)

    def message(self, locale: str) -> str:
        fields = ", ".join(say(locale, "field-" + field.lower().replace("_", "-")) for field in self.missing)
        return say(locale, self.sentence, step=self.step, fields=fields)


class ReasonRequired(Refusal):
    code = ErrorCode.REASON_REQUIRED
    path = "reasonId"

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status

    def message(self, locale: str) -> str:
        return say(locale, self.sentence, status=say(locale, "status-" + self.status.lower()))


@dataclass(frozen=True)
class FieldConflict:
    """One field: what it was at the version that the client knew, what it is, what the client sent (as text)."""

    field: str
    base: str | None
    theirs: str | None
    yours: str | None


class VersionConflict(Refusal):
    code = ErrorCode.VERSION_CONFLICT

    def __init__(self, version: int, fields: Sequence[FieldConflict], *, path: str = "expectedVersion") -> None:
        super().__init__(f"now at version {version}")
        self.path = path
        self.version = version
        self.fields = list(fields)

    def message(self, locale: str) -> str:
        names = [field.field.removesuffix("_id").replace("_", "-") for field in self.fields]
        return say(
            locale, self.sentence, version=self.version, fields=", ".join(say(locale, f"field-{n}") for n in names)
        )


class AlreadyClaimed(Refusal):
    code = ErrorCode.ALREADY_CLAIMED

    def __init__(self, owner_id: UUID, owner: str) -> None:
        super().__init__(str(owner_id))
        self.owner_id = owner_id
        self.owner = owner

    def values(self) -> dict[str, Any]:
        return {"owner": self.owner}


class StepInUse(Refusal):
    code = ErrorCode.STEP_IN_USE
    path = "targetStepId"

    def __init__(self, leads: int) -> None:
        super().__init__(str(leads))
        self.leads = leads

    def values(self) -> dict[str, Any]:
        return {"leads": self.leads}


class LastStep(Refusal):
    code = ErrorCode.LAST_STEP


class PipelineIsDefault(Refusal):
    code = ErrorCode.PIPELINE_IS_DEFAULT


class ReminderNotPending(Refusal):
    """The reminder is past changing: `state` says what became of it and `since` (UTC) when."""

    code = ErrorCode.REMINDER_NOT_PENDING

    def __init__(self, state: str, since: datetime | None) -> None:
        super().__init__(state)
        self.state = state
        self.since = since

    @property
    def sentence(self) -> str:
        return f"refused-reminder-{self.state.lower()}"


class WhyNotUndone(StrEnum):
    """Why something cannot be undone."""

    KIND = "KIND"
    AN_UNDO = "AN_UNDO"
    ALREADY = "ALREADY"
    PART = "PART"
    TOO_LATE = "TOO_LATE"
    STEP_GONE = "STEP_GONE"
    PIPELINE_GONE = "PIPELINE_GONE"


class CannotUndo(Refusal):
    code = ErrorCode.CANNOT_UNDO
    path = "position"

    def __init__(self, why: WhyNotUndone) -> None:
        super().__init__(why)
        self.why = why

    @property
    def sentence(self) -> str:
        return f"refused-cannot-undo-{self.why.lower().replace('_', '-')}"


class KeyReused(Refusal):
    code = ErrorCode.IDEMPOTENCY_KEY_REUSED


class WrongCredentials(Refusal):
    code = ErrorCode.WRONG_CREDENTIALS


class TooManyAttempts(Refusal):
    code = ErrorCode.TOO_MANY_ATTEMPTS

    def __init__(self, retry_after: timedelta) -> None:
        super().__init__(str(retry_after))
        self.retry_after = retry_after

    def values(self) -> dict[str, Any]:
        return {"minutes": max(1, round(self.retry_after.total_seconds() / 60))}
