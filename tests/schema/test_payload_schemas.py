"""The printed schemas of webhooks hold for what is really sent."""

import re
from decimal import Decimal
from typing import Any

import orjson
import pytest

from sales import database
from sales.endpoints import Endpoint, webhooks
from sales.endpoints.hearing import PUBLIC_KINDS
from sales.endpoints.webhooks import WebhookFields
from sales.ids import new_id
from sales.leads.edit import LeadFields, edit
from sales.leads.moves import move
from sales.leads.owners import assign
from sales.money import Money
from sales.reminders.decisions import done, set_reminder
from sales.statuses import close, reopen, stand_by
from sales.steps.delete import delete_step
from sales.viewers import Viewer
from schema import payloads
from schema.payload_schemas import schemas
from services.contract import ROOT
from tests.factories import SOON, a_lead, a_user, events, reminders_of, steps_of
from tests.turning import AN_INSTANT, fire_all_due

pytestmark = pytest.mark.usefixtures("sealing")


def wrong(value: Any, schema: Any, at: str = "$") -> list[str]:
    """What of a value a schema doesn't take: as much of JSON Schema as ours use."""
    if "$ref" in schema:
        return []  # looked at by itself
    if "anyOf" in schema:
        tried = [wrong(value, each, at) for each in schema["anyOf"]]
        return [] if [] in tried else min(tried, key=len)
    if "const" in schema and value != schema["const"]:
        return [f"{at} is not {schema['const']}"]
    if "enum" in schema and value not in schema["enum"]:
        return [f"{at} is none of {schema['enum']}"]
    kinds = {"object": dict, "array": list, "string": str, "integer": int, "boolean": bool, "null": type(None)}
    wanted = schema.get("type", list(kinds))
    if type(value) not in [kinds[each] for each in ([wanted] if isinstance(wanted, str) else wanted)]:
        return [f"{at} is no {wanted}: {value!r}"]
    if value is None:
        return []
    if "pattern" in schema and not re.search(schema["pattern"], value):
        return [f"{at} is not like {schema['pattern']}: {value}"]
    if schema.get("format") == "date-time" and not re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", value):
        return [f"{at} is no instant: {value}"]
    found = []
    if isinstance(value, dict) and "properties" in schema:
        found += [f"{at}.{name} is missing" for name in schema.get("required", ()) if name not in value]
        for name, each in value.items():
            if name in schema["properties"]:
                found += wrong(each, schema["properties"][name], f"{at}.{name}")
            elif schema.get("additionalProperties") is False:
                found.append(f"{at}.{name} is unknown")
    if isinstance(value, list):
        found += [problem for n, each in enumerate(value) for problem in wrong(each, schema["items"], f"{at}[{n}]")]
    return found


async def test_what_is_sent_is_as_its_schema_says(ada: Viewer) -> None:
    webhook = (await webhooks.create(by=ada, fields=WebhookFields(name="x", url="https://hook.example.com"))).outcome.id
    await much_happens(ada)
    endpoint, known, seen = await Endpoint.get(id=webhook), schemas(), set()

    for event in await events(ada, kind__in=[str(kind) for kind in PUBLIC_KINDS]):
        request = await payloads.request(endpoint, event, delivery_id=new_id(), attempt=1, now=await database.now())
        body, schema = orjson.loads(request.body), known[event.kind]
        assert wrong(body, schema) == []
        if body["data"]["lead"] is not None:
            assert wrong(body["data"]["lead"], schema["$defs"]["usualLead"]) == []
        seen.add(event.kind)

    assert len(seen) >= 12


async def much_happens(ada: Viewer) -> None:
    ben = await a_user(ada)
    first, second, *_ = await steps_of(ada)
    lead = await a_lead(ada, amount=Money(Decimal("12.50"), "EUR"))
    await edit(lead.id, by=ada, fields=LeadFields(title="Roof", probability=40))
    await move(lead.id, by=ada, step_id=second.id)
    await set_reminder(lead.id, by=ada, at=SOON, note="x")
    await stand_by(lead.id, by=ada, until=AN_INSTANT)
    await fire_all_due()
    for reminder in await reminders_of(lead):
        if reminder.state == "FIRED":
            await done(reminder.id, by=ada)
    await assign(lead.id, by=ada, owner_id=ben.user.id)
    await close(lead.id, by=ada, status="WON")  # type: ignore[arg-type]
    await reopen(lead.id, by=ada)
    await a_lead(ada, step=first)
    await delete_step(first.id, by=ada, target_step_id=second.id)


def test_every_event_has_its_schema_printed() -> None:
    printed = {path.stem for path in (ROOT / "schema" / "webhooks").glob("*.json")}

    assert printed == {str(kind) for kind in PUBLIC_KINDS}


def test_a_wrong_payload_is_noticed() -> None:
    schema = schemas()["lead.moved"]

    assert wrong({"type": "lead.won", "timestamp": "x", "data": {}}, schema) != []
