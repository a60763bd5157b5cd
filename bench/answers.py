"""Whether the sides answer the same: parsed JSON, and PostGraphile's after a small mapping of its names onto ours."""

import difflib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson

from bench import load
from bench.sides import PostGraphile, Side

Json = Any


class NotServed(Exception):
    """A side refuses an operation; the text is its own first message."""


async def ask(side: Side, asked: bytes) -> Json:
    """One request's data in our shape. Raises NotServed."""
    answer = await load.ask(side.port, asked)
    try:
        given = orjson.loads(answer.body)
    except orjson.JSONDecodeError:
        raise NotServed(f"HTTP {answer.status}") from None
    if given.get("errors") or not any((given.get("data") or {}).values()):
        raise NotServed(str((given.get("errors") or [{"message": "no data"}])[0].get("message"))[:200])
    return _OURS[asked_for(given["data"])](given["data"]) if isinstance(side, PostGraphile) else given["data"]


def difference(one: Json, other: Json) -> str:
    """The first lines in which two answers differ; empty for equal ones."""
    if one == other:
        return ""
    before, after = (
        json.dumps(each, indent=1, sort_keys=True, ensure_ascii=False, default=str).splitlines()
        for each in (one, other)
    )
    return "\n".join(list(difflib.unified_diff(before, after, lineterm="", n=1))[:12])


def asked_for(data: Json) -> str:
    """The root field of an answer in PostGraphile's shape."""
    [root] = data.keys() - {"sums"}
    return str(root)


def _pipeline(data: Json) -> Json:
    pipeline = data["pipeline"]
    columns = [
        {
            "step": _named("step", step),
            "count": step["leads"]["totalCount"],
            "sums": _sums(step["sums"]),
            "leads": {"nodes": [_card(lead) for lead in step["leads"]["nodes"]]},
        }
        for step in pipeline["steps"]["nodes"]
    ]
    return {"pipeline": {**_named("pipeline", pipeline), "board": {"columns": columns}}}


def _todo(data: Json) -> Json:
    items = [{"moment": _instant(lead.pop("moment")), "lead": _card(lead)} for lead in data["todo"]["nodes"]]
    return {"todo": {"nodes": items}}


def _lead(data: Json) -> Json:
    lead = data["lead"]
    events = [
        {"kind": event["kind"].replace(".", "_").upper(), "at": _instant(event["at"]), "actor": event["actor"]}
        for event in reversed(lead["history"]["nodes"])
    ]
    ours = _card(lead) | {"createdAt": _instant(lead["createdAt"]), "history": {"nodes": events}}
    del ours["isStarred"]
    return {"lead": ours}


def _list(data: Json) -> Json:
    nodes = [_card(lead) for lead in data["leads"]["nodes"]]
    return {"leads": {"totalCount": data["leads"]["totalCount"], "sums": _sums(data["sums"]), "nodes": nodes}}


def _move(data: Json) -> Json:
    lead = _card(data["move"]["lead"])
    del lead["isStarred"], lead["dueAt"]
    return {"leadMove": {"errors": [], "lead": lead}}


_OURS: dict[str, Callable[[Json], Json]] = {
    "pipeline": _pipeline,
    "todo": _todo,
    "lead": _lead,
    "leads": _list,
    "move": _move,
}


def _card(lead: Json) -> Json:
    ours = {name: value for name, value in lead.items() if name not in ("rowId", "currency")}
    amount = lead["amount"] and {"amount": _money(lead["amount"]), "currency": lead["currency"]}
    ours |= {"id": f"lead_{lead['rowId']}", "number": int(lead["number"]), "amount": amount}
    ours["dueAt"] = _instant(lead["dueAt"])
    if "version" in lead:
        ours["version"] = int(lead["version"])
    if "owner" in lead:
        ours["owner"] = lead["owner"] and _named("user", lead["owner"])
    if "step" in lead:
        ours["step"] = _named("step", lead["step"])
        if "pipeline" in lead["step"]:
            ours["pipeline"] = _named("pipeline", lead["step"]["pipeline"])
    return ours


def _sums(sums: Json) -> Json:
    return [
        {"currency": each["currency"], "amount": _money(each["amount"]), "weighted": _money(each["weighted"])}
        for each in sums["nodes"]
    ]


def _named(word: str, row: Json) -> Json:
    return {"id": f"{word}_{row['rowId']}", "name": row["name"]}


def _money(text: str) -> str:
    return format(round(Decimal(text), 2), "f")


def _instant(text: str | None) -> str | None:
    return text and datetime.fromisoformat(text).astimezone(UTC).isoformat().replace("+00:00", "Z")
