"""What filters mean for leads, said once more in plain Python."""

import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sales.users import User
from tests.api import id_of
from tests.schema.known_leads import ZONE, Known


def plain(text: str) -> str:
    """Small letters without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c)).lower()


def fits(known: Known, filter: dict[str, Any], now: datetime) -> bool:
    """Whether a filter, as clients write it, finds a lead."""
    return all(_one(known, name, each, now) for name, each in filter.items() if each is not None)


def _one(known: Known, name: str, value: Any, now: datetime) -> bool:
    lead = known.lead
    match name:
        case "and":
            return all(fits(known, each, now) for each in value)
        case "or":
            return any(fits(known, each, now) for each in value)
        case "not":
            return not fits(known, value, now)
        case "isStarred":
            return lead.is_starred is value
        case "isOverdue":
            return known.is_overdue(now) is value
        case "hasNextReminder":
            return bool(known.pending) is value
        case "title" | "description":
            return _text(plain(getattr(lead, name)), value)
        case "text":
            return plain(value) in plain(f"{lead.title}\n{lead.description}")
        case "owner" | "createdBy":
            return _person(known.owner if name == "owner" else known.creator, value, known.teams)
        case "step":
            ids = (_id(known.step), value.get("id")), (_id(known.pipeline), value.get("pipelineId"))
            return all(_compared(id, each) for id, each in ids)
        case "pipeline":
            return _compared(_id(known.pipeline), value.get("id"))
        case "reason":
            return _compared(_id(known.reason), {**(value.get("id") or {}), **_is_null(value)})
        case "status":
            return _compared(lead.status.value, value)
        case "amount":
            return _compared(lead.amount, value, Decimal)
        case "expectedCloseOn":
            return _compared(lead.expected_close_on, value, lambda day: _day(day, now))
    moments = {
        "due": known.next_reminder_at, "createdAt": lead.created_at, "closedAt": lead.closed_at,
        "statusChangedAt": lead.status_changed_at, "stepEnteredAt": lead.step_entered_at,
    }  # fmt: skip
    if name in moments:
        return _compared(moments[name], value, lambda instant: _instant(instant, now))
    return _compared({"probability": known.probability}.get(name, getattr(lead, name)), value)


def _compared(value: Any, filter: dict[str, Any] | None, read: Any = lambda given: given) -> bool:
    return all(_part(value, name, each, read) for name, each in (filter or {}).items() if each is not None)


def _part(value: Any, name: str, given: Any, read: Any) -> bool:
    match name:
        case "isNull":
            return (value is None) is given
        case "ne":
            return value is None or value != read(given)
        case "in":
            return value in [read(each) for each in given]
        case "notIn":
            return value not in [read(each) for each in given]
    signs = {"eq": "__eq__", "lt": "__lt__", "lte": "__le__", "gt": "__gt__", "gte": "__ge__"}
    return value is not None and getattr(value, signs[name])(read(given)) is True


def _text(text: str, filter: dict[str, Any]) -> bool:
    words = {"contains": str.__contains__, "startsWith": str.startswith}
    own = {name: each for name, each in filter.items() if name not in words}
    return _compared(text, own, plain) and all(
        words[name](text, plain(each)) for name, each in filter.items() if name in words and each is not None
    )


def _person(person: User | None, filter: dict[str, Any], teams: dict[Any, set[str]]) -> bool:
    mine = teams.get(person.id, set()) if person else set()
    of_team = [
        _team(mine, name, given)
        for name, given in ((filter.get("team") or {}).get("id") or {}).items()
        if given is not None
    ]
    return all(of_team) and _compared(_id(person), {**(filter.get("id") or {}), **_is_null(filter)})


def _team(mine: set[str], name: str, given: Any) -> bool:
    match name:
        case "isNull":
            return (not mine) is given
        case "eq":
            return given in mine
        case "ne":
            return given not in mine
    return bool(mine & {*given}) is (name == "in")


def _is_null(filter: dict[str, Any]) -> dict[str, Any]:
    return {"isNull": filter["isNull"]} if filter.get("isNull") is not None else {}


def _id(row: Any) -> str | None:
    return id_of(row) if row else None


def _instant(given: dict[str, Any], now: datetime) -> datetime:
    [(name, value)] = given.items()
    match name:
        case "at":
            return datetime.fromisoformat(value)
        case "startOf":
            start = _start(now.astimezone(ZONE).date(), value)
            return datetime(start.year, start.month, start.day, tzinfo=ZONE)
    return now + _days(value) if name == "ahead" else now - _days(value)


def _day(given: dict[str, Any], now: datetime) -> date:
    [(name, value)] = given.items()
    today = now.astimezone(ZONE).date()
    match name:
        case "on":
            return date.fromisoformat(value)
        case "startOf":
            return _start(today, value)
        case "endOf":
            later = {"DAY": 1, "WEEK": 7, "MONTH": 31, "QUARTER": 95, "YEAR": 366}[value]
            return _start(_start(today, value) + timedelta(days=later), value) - timedelta(days=1)
    return today + _days(value) if name == "ahead" else today - _days(value)


def _start(day: date, period: str) -> date:
    match period:
        case "DAY":
            return day
        case "WEEK":
            return day - timedelta(days=day.weekday())
        case "MONTH":
            return day.replace(day=1)
        case "QUARTER":
            return day.replace(day=1, month=(day.month - 1) // 3 * 3 + 1)
    return day.replace(day=1, month=1)


def _days(duration: str) -> timedelta:
    return timedelta(days=int(duration.strip("PD")))
