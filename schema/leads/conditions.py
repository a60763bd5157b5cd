"""Conditions: a filter of leads as SQL, each true or false for every lead and never undecided."""

from collections.abc import Mapping
from typing import Any

from reads import Late, Row
from sales.pipelines import Pipeline
from sales.reasons import Reason
from sales.reminders import Reminder
from sales.steps import Step
from sales.teams import Membership, Team
from sales.texts import LeadText
from sales.users import User
from schema.comparisons import (
    SIGNS,
    all_of,
    bounded,
    compared,
    compared_with_each,
    day,
    id_of,
    instant,
    number,
    text_of,
)
from schema.leads import computed
from schema.mistakes import bad_input

DEEPEST = 5
MOST_CONDITIONS = 200
MOST_COMPARED = 1_000
"""Values in all: each has a place in the statement, which has 32,767 of them."""

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
        if depth == 1 and _values(filter) > MOST_COMPARED:
            raise bad_input(f"A filter compares with at most {MOST_COMPARED:,} values in all.")
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
                return f"({' or '.join(either)})" if either else "false"
            case "not":
                return f"(not {self.of(value, depth=depth + 1)})"
            case "title":
                return self._of_text(_TITLE, value)
            case "description":
                return self._of_text(_DESCRIPTION, value)
            case "text":
                return self._texts(f"t.text like {self._pattern(value)}")
            case "due":
                return self._of_next_reminder(value)
            case "hasNextReminder":
                return self._of_next_reminder({"isNull": not value})
            case "isOverdue":
                return self._is_overdue() if value else f"(not {self._is_overdue()})"
        return self._of_lead(name, value)

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
            case "createdAt":
                return compared(lead.created_at, value, instant(lead))
            case "closedAt":
                return compared(lead.closed_at, value, instant(lead))
            case "statusChangedAt":
                return compared(lead.status_changed_at, value, instant(lead))
            case "stepEnteredAt":
                return compared(lead.step_entered_at, value, instant(lead))
            case "number":
                return compared(lead.number, value, number(lead))
            case "probability":
                return self._of_probability(value)
            case "amount":
                return compared(lead.amount, value, lambda amount: lead.bind(amount, "numeric"))
            case "currency":
                return compared(lead.currency, value, lambda code: lead.bind(code, "text"))
            case "expectedCloseOn":
                return compared(lead.expected_close_on, value, day(lead))
        raise AssertionError(f"no condition is called {name}")

    def _of_pipeline(self, filter: Filter | None) -> str:
        lead = self._lead
        of_steps = compared("s.pipeline_id", filter, id_of(lead, Pipeline))
        if of_steps == "true":
            return of_steps
        return f"exists (select from {lead.rows_of(Step)} s where s.id = {lead.step_id} and {of_steps})"

    def _of_probability(self, filter: Filter) -> str:
        """Its own, or that of its step; which steps these are is looked up once, not for each lead."""
        lead, of_steps = self._lead, compared("s.probability", filter, number(self._lead))
        if of_steps == "true":
            return of_steps
        own = f"{lead.probability} is not null and {compared(lead.probability, filter, number(lead))}"
        steps = f"select s.id from {lead.rows_of(Step)} s where {of_steps}"
        return f"({own} or {lead.probability} is null and {lead.step_id} in ({steps}))"

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

    def _of_next_reminder(self, filter: Filter) -> str:
        """By the earliest of its pending reminders, in other words: which there are, and that none is earlier.

        Then it is one join of leads and reminders, where the least of each lead would be worked out lead by lead.
        """
        write = instant(self._lead)

        def there_is(condition: str = "true") -> str:
            return f"exists (select from {computed.pending(self._lead)} and {condition})"

        def is_one_of(moments: list[Any]) -> str:
            each = [f"({there_is(f'r.due_at = {at}')} and not {there_is(f'r.due_at < {at}')})"
                    for at in map(write, bounded(moments))]  # fmt: skip
            return f"({' or '.join(each)})" if each else "false"

        parts = []
        for name, each in filter.items():
            match name:
                case _ if each is None:
                    continue
                case "isNull":
                    parts.append(f"(not {there_is()})" if each else there_is())
                case "lt" | "lte":
                    parts.append(there_is(f"r.due_at {SIGNS[name]} {write(each)}"))
                case "gt" | "gte":
                    earlier = there_is(f"r.due_at {'<=' if name == 'gt' else '<'} {write(each)}")
                    parts.append(f"({there_is()} and not {earlier})")
                case "eq" | "in":
                    parts.append(is_one_of([each] if name == "eq" else each))
                case _:
                    parts.append(f"(not {is_one_of([each] if name == 'ne' else each)})")
        return all_of(parts)

    def _is_overdue(self) -> str:
        """As Lead.isOverdue: a reminder fires at its moment or after, so the last of those that fired is past."""
        lead = self._lead
        counts = f"r.id = {lead.waking_reminder_id} or {lead.waking_reminder_id} is null and r.state = 'FIRED'"
        return (
            f"exists (select from {lead.rows_of(Reminder)} r where r.lead_id = {lead.id} "
            f"and r.state in ('PENDING', 'FIRED') and r.due_at < now() and ({counts}))"
        )

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
            case "ne":
                return f"(not {self._text(part, 'eq', value)})"
            case "notIn":
                return f"(not {self._text(part, 'in', value)})"
        texts = [value] if name == "eq" else bounded(value)
        either = [f"t.text like {self._pattern(each)} and {part} = {self._plain(each)}" for each in texts]
        return self._texts(" or ".join(either)) if either else "false"

    def _texts(self, condition: str) -> str:
        found = f"select t.lead_id from {self._lead.rows_of(LeadText)} t where {condition}"
        return f"({self._lead.id} in ({found}))"

    def _pattern(self, text: Late) -> str:
        return f"containing_pattern({text_of(self._lead, text)})"

    def _plain(self, text: Late) -> str:
        return f"plain_text({text_of(self._lead, text)})"


def _values(tree: Any) -> int:
    """How many values there are in a part of a filter."""
    if isinstance(tree, Mapping):
        return sum(map(_values, tree.values()))
    return sum(map(_values, tree)) if isinstance(tree, list) else 1
