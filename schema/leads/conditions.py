"""Conditions: a filter of leads as SQL. None is ever undecided: what is empty is neither less, greater nor equal."""

from typing import Any

from reads import Late, Row
from reads.written import literal
from sales.pipelines import Pipeline
from sales.reminders import Reminder
from sales.steps import Step
from sales.texts import LeadText
from sales.users import User
from schema.filters import Given, all_of, compared, instant_of, key_of
from schema.mistakes import bad_input

LONGEST_TEXT = 200
DEEPEST = 5
MOST_CONDITIONS = 200


class Conditions:
    """Turns one filter into SQL over a row of leads; counts its parts, so that it stays within bounds."""

    def __init__(self, lead: Row) -> None:
        self._lead = lead
        self._counted = 0

    def of(self, filter: Given | None, *, depth: int = 1) -> str:
        """The condition; `true` for an empty filter. Raises BAD_USER_INPUT for one that is too large."""
        self._counted += 1
        if depth > DEEPEST or self._counted > MOST_CONDITIONS:
            raise bad_input(f"A filter is at most {DEEPEST} deep and has at most {MOST_CONDITIONS} parts.")
        parts = [self._one(name, value, depth) for name, value in (filter or {}).items() if value is not None]
        return all_of(*parts)

    def _one(self, name: str, value: Any, depth: int) -> str:
        lead = self._lead
        match name:
            case "and":
                return all_of(*(self.of(each, depth=depth + 1) for each in value))
            case "or":
                either = [self.of(each, depth=depth + 1) for each in value]
                return "true" if "true" in either else f"({' or '.join(either)})" if either else "false"
            case "not":
                return f"(not {self.of(value, depth=depth + 1)})"
            case "status":
                return compared(lead.status, value, literal)
            case "pipeline":
                return self._of_pipeline(value.get("id"))
            case "step":
                own = compared(lead.step_id, value.get("id"), key_of(lead, Step))
                return all_of(own, self._of_pipeline(value.get("pipelineId")))
            case "owner":
                own = compared(lead.owner_id, value.get("id"), key_of(lead, User))
                return all_of(own, compared(lead.owner_id, {"isNull": value.get("isNull")}, literal))
            case "isStarred":
                return lead.is_starred if value else f"(not {lead.is_starred})"
            case "text":
                return self._containing(value)
            case "number":
                return compared(lead.number, value, str)
            case "due":
                pending = f"{lead.rows_of(Reminder)} r where r.lead_id = {lead.id} and r.state = 'PENDING'"
                return compared(f"(select min(r.due_at) from {pending})", value, instant_of(lead))
            case "createdAt" | "closedAt":
                return compared(lead.created_at if name == "createdAt" else lead.closed_at, value, instant_of(lead))
            case "amount":
                return compared(lead.amount, value, lambda amount: lead.bind(amount, "numeric"))
            case "expectedCloseOn":
                return compared(lead.expected_close_on, value, lambda day: lead.bind(day, "date"))
        raise AssertionError(f"no condition is called {name}")

    def _of_pipeline(self, filter: Given | None) -> str:
        lead = self._lead
        of_steps = compared("s.pipeline_id", filter, key_of(lead, Pipeline))
        if of_steps == "true":
            return of_steps
        return f"exists (select from {lead.rows_of(Step)} s where s.id = {lead.step_id} and {of_steps})"

    def _containing(self, text: Late) -> str:
        place = self._lead.bind(text.map(_sought), "text")
        texts = f"{self._lead.rows_of(LeadText)} t where t.text like containing_pattern({place})"
        return f"({self._lead.id} in (select t.lead_id from {texts}))"


def _sought(text: str) -> str:
    if len(text) > LONGEST_TEXT or "\0" in text:
        raise bad_input(f"A text to look for has at most {LONGEST_TEXT} characters, all of which can be shown.")
    return text
