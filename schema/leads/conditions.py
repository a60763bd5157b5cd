"""Conditions: a filter of leads as SQL, each true or false for every lead and never undecided."""

from collections.abc import Mapping
from typing import Any

from reads import Late, Row, Unplannable
from sales.pipelines import Pipeline
from sales.reasons import Reason
from sales.steps import Step
from sales.teams import Membership, Team
from sales.texts import LeadText
from sales.users import User
from schema.comparisons import (
    all_of,
    bounded,
    compared,
    compared_with_each,
    day,
    id_of,
    instant,
    text_of,
)
from schema.leads import computed
from schema.mistakes import bad_input

DEEPEST = 5
MOST_CONDITIONS = 200

Filter = Mapping[str, Any]

_TITLE = r"split_part(t.text, e'\n', 1)"
_DESCRIPTION = r"substr(t.text, strpos(t.text, e'\n') + 1)"


class Conditions:
    """Turns one filter into SQL over a row of leads; counts its parts, so that it stays within bounds."""

    def __init__(self, lead: Row) -> None:
        self._lead = lead
        self._counted = 0

    def of(self, filter: Filter | None, *, depth: int = 1) -> str:
        """The condition; `true` for an empty filter. Raises BAD_USER_INPUT for one that is too large."""
        self._counted += 1
        if depth > DEEPEST or self._counted > MOST_CONDITIONS:
            raise bad_input(f"A filter is at most {DEEPEST} deep and has at most {MOST_CONDITIONS} parts.")
        parts = [self._one(name, value, depth) for name, value in (filter or {}).items() if value is not None]
        return all_of(parts)

    def _one(self, name: str, value: Any, depth: int) -> str:
        match name:
            case "and":
                return all_of([self.of(each, depth=depth + 1) for each in value])
            case "or":
                either = [self.of(each, depth=depth + 1) for each in value]
                return "true" if "true" in either else f"({' or '.join(either)})" if either else "false"
            case "not":
                return f"(not {self.of(value, depth=depth + 1)})"
            case "title":
                return self._of_text(_TITLE, value)
            case "description":
                return self._of_text(_DESCRIPTION, value)
            case "text":
                return self._texts(f"t.text like {self._pattern(value)}")
            case "createdAt" | "closedAt" | "statusChangedAt" | "stepEnteredAt" | "due":
                return compared(self._moment(name), value, instant(self._lead))
        return self._of_lead(name, value)

    def _moment(self, name: str) -> str:
        lead = self._lead
        columns = {
            "createdAt": "created_at", "closedAt": "closed_at", "statusChangedAt": "status_changed_at",
            "stepEnteredAt": "step_entered_at",
        }  # fmt: skip
        return computed.next_reminder_at(lead) if name == "due" else getattr(lead, columns[name])

    def _of_lead(self, name: str, value: Any) -> str:
        lead = self._lead
        match name:
            case "status":
                return compared(lead.status, value)
            case "pipeline":
                return self._of_pipeline(value.get("id"))
            case "step":
                own = compared(lead.step_id, value.get("id"), id_of(lead, Step))
                return all_of([own, self._of_pipeline(value.get("pipelineId"))])
            case "owner":
                return self._of_person(lead.owner_id, value)
            case "createdBy":
                return self._of_person(lead.created_by_id, value)
            case "reason":
                own = compared(lead.reason_id, value.get("id"), id_of(lead, Reason))
                return all_of([own, compared(lead.reason_id, {"isNull": value.get("isNull")})])
            case "isStarred":
                return lead.is_starred if value else f"(not {lead.is_starred})"
            case "isOverdue":
                return computed.is_overdue(lead) if value else f"(not {computed.is_overdue(lead)})"
            case "hasNextReminder":
                there_is = f"exists (select from {computed.pending(lead)})"
                return there_is if value else f"(not {there_is})"
            case "number":
                return compared(lead.number, value, str)
            case "probability":
                return compared(computed.probability(lead), value, str)
            case "amount":
                return compared(lead.amount, value, lambda amount: lead.bind(amount, "numeric"))
            case "currency":
                return compared(lead.currency, value, lambda code: lead.bind(code, "text"))
            case "expectedCloseOn":
                return compared(lead.expected_close_on, value, day(lead))
        raise Unplannable(f"no condition is called {name}")

    def _of_pipeline(self, filter: Filter | None) -> str:
        lead = self._lead
        of_steps = compared("s.pipeline_id", filter, id_of(lead, Pipeline))
        if of_steps == "true":
            return of_steps
        return f"exists (select from {lead.rows_of(Step)} s where s.id = {lead.step_id} and {of_steps})"

    def _of_person(self, column: str, filter: Filter) -> str:
        lead = self._lead
        own = compared(column, filter.get("id"), id_of(lead, User))
        teams = compared_with_each(
            lambda condition: (
                f"exists (select from {lead.rows_of(Membership)} m where m.user_id = {column} and {condition})"
            ),
            "m.team_id",
            (filter.get("team") or {}).get("id"),
            id_of(lead, Team),
        )
        return all_of([own, teams, compared(column, {"isNull": filter.get("isNull")})])

    def _of_text(self, part: str, filter: Filter) -> str:
        return all_of([self._text(part, name, each) for name, each in filter.items() if each is not None])

    def _text(self, part: str, name: str, value: Any) -> str:
        """One comparison of the title or of the description, which `lead_texts` has in plain letters.

        Whatever is found in a part is in the whole, which an index knows.
        """
        match name:
            case "contains":
                pattern = self._pattern(value)
                return self._texts(f"t.text like {pattern} and {part} like {pattern}")
            case "startsWith":
                pattern = self._pattern(value)
                return self._texts(f"t.text like {pattern} and {part} like substr({pattern}, 2)")
            case "eq":
                return self._texts(f"t.text like {self._pattern(value)} and {part} = {self._plain(value)}")
            case "ne":
                return f"(not {self._text(part, 'eq', value)})"
            case "notIn":
                return f"(not {self._text(part, 'in', value)})"
        among = ", ".join(self._plain(each) for each in bounded(value))
        return self._texts(f"{part} in ({among})") if among else "false"

    def _texts(self, condition: str) -> str:
        return f"({self._lead.id} in (select t.lead_id from {self._lead.rows_of(LeadText)} t where {condition}))"

    def _pattern(self, text: Late) -> str:
        return f"containing_pattern({text_of(self._lead, text)})"

    def _plain(self, text: Late) -> str:
        return f"plain_text({text_of(self._lead, text)})"
