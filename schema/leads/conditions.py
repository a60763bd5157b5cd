"""Conditions: a filter of leads as SQL. None is ever undecided: what is empty is neither less, greater nor equal."""

from collections.abc import Callable, Mapping
from typing import Any

from tortoise.models import Model

from reads import Late, Row, Unplannable
from reads.written import literal
from sales.pipelines import Pipeline
from sales.reminders import Reminder
from sales.steps import Step
from sales.texts import LeadText
from sales.users import User
from schema import ids
from schema.filters import MOST_VALUES
from schema.mistakes import bad_input

LONGEST_TEXT = 200
DEEPEST = 5
MOST_CONDITIONS = 200

Filter = Mapping[str, Any]
Write = Callable[[Any], str]

_SIGNS = {"eq": "=", "lt": "<", "lte": "<=", "gt": ">", "gte": ">="}


class Conditions:
    """Turns one filter into SQL over a row of leads; counts its parts, so that it stays within bounds."""

    def __init__(self, lead: Row) -> None:
        self._lead = lead
        self._counted = 0

    def of(self, filter: Filter | None, *, depth: int = 1) -> str:
        """The condition; `true` for an empty filter. Raises Unplannable for one that is too large."""
        self._counted += 1
        if depth > DEEPEST or self._counted > MOST_CONDITIONS:
            raise Unplannable("a filter beyond its bounds")
        parts = [self._one(name, value, depth) for name, value in (filter or {}).items() if value is not None]
        return _all(parts)

    def _one(self, name: str, value: Any, depth: int) -> str:
        lead = self._lead
        match name:
            case "and":
                return _all([self.of(each, depth=depth + 1) for each in value])
            case "or":
                either = [self.of(each, depth=depth + 1) for each in value]
                return "true" if "true" in either else f"({' or '.join(either)})" if either else "false"
            case "not":
                return f"(not {self.of(value, depth=depth + 1)})"
            case "status":
                return self._compared(lead.status, value, literal)
            case "pipeline":
                return self._of_pipeline(value.get("id"))
            case "step":
                own = self._compared(lead.step_id, value.get("id"), self._key(Step))
                return _all([own, self._of_pipeline(value.get("pipelineId"))])
            case "owner":
                own = self._compared(lead.owner_id, value.get("id"), self._key(User))
                return _all([own, self._compared(lead.owner_id, {"isNull": value.get("isNull")}, literal)])
            case "isStarred":
                return lead.is_starred if value else f"(not {lead.is_starred})"
            case "text":
                return self._containing(value)
            case "number":
                return self._compared(lead.number, value, str)
            case "due":
                pending = f"{lead.rows_of(Reminder)} r where r.lead_id = {lead.id} and r.state = 'PENDING'"
                return self._compared(f"(select min(r.due_at) from {pending})", value, self._instant)
            case "createdAt" | "closedAt":
                return self._compared(lead.created_at if name == "createdAt" else lead.closed_at, value, self._instant)
            case "amount":
                return self._compared(lead.amount, value, lambda amount: lead.bind(amount, "numeric"))
            case "expectedCloseOn":
                return self._compared(lead.expected_close_on, value, lambda day: lead.bind(day, "date"))
        raise Unplannable(f"no condition is called {name}")

    def _compared(self, sql: str, filter: Filter | None, write: Write) -> str:
        return _all([_part(sql, name, each, write) for name, each in (filter or {}).items() if each is not None])

    def _of_pipeline(self, filter: Filter | None) -> str:
        lead = self._lead
        of_steps = self._compared("s.pipeline_id", filter, self._key(Pipeline))
        if of_steps == "true":
            return of_steps
        return f"exists (select from {lead.rows_of(Step)} s where s.id = {lead.step_id} and {of_steps})"

    def _key(self, model: type[Model]) -> Write:
        return lambda id: self._lead.bind(ids.late(id, model), "uuid")

    def _instant(self, instant: Filter) -> str:
        [(name, late)] = instant.items()
        if name == "at":
            return self._lead.bind(late, "timestamptz")
        return f"(now() {'+' if name == 'ahead' else '-'} {self._lead.bind(late, 'interval')})"

    def _containing(self, text: Late) -> str:
        place = self._lead.bind(text.map(_sought), "text")
        texts = f"{self._lead.rows_of(LeadText)} t where t.text like containing_pattern({place})"
        return f"({self._lead.id} in (select t.lead_id from {texts}))"


def _all(parts: list[str]) -> str:
    """All of these; those without any condition don't count."""
    real = [part for part in parts if part != "true"]
    return f"({' and '.join(real)})" if real else "true"


def _part(sql: str, name: str, value: Any, write: Write) -> str:
    match name:
        case "isNull":
            return f"({sql} is {'' if value else 'not '}null)"
        case "in":
            return _among(sql, value, write)
        case "notIn":
            return f"(not {_among(sql, value, write)})"
        case "ne":
            return f"(not {_among(sql, [value], write)})"
    return f"({sql} is not null and {sql} {_SIGNS[name]} {write(value)})"


def _among(sql: str, values: list[Any], write: Write) -> str:
    if len(values) > MOST_VALUES or None in values:
        raise Unplannable("a list beyond its bounds")
    return f"({sql} is not null and {sql} in ({', '.join(map(write, values))}))" if values else "false"


def _sought(text: str) -> str:
    if len(text) > LONGEST_TEXT or "\0" in text:
        raise bad_input(f"A text to look for has at most {LONGEST_TEXT} characters, all of which can be shown.")
    return text
