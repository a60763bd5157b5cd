"""Once per key: the first outcome is answered again, and other input refused."""

import asyncio

import pytest

from sales import database, idempotency, statuses
from sales.errors import IllegalTransition, InvalidValue, KeyReused
from sales.idempotency import IdempotencyKey
from sales.ids import new_id
from sales.leads import Lead, Status
from sales.leads.create import create
from sales.leads.edit import LeadFields, edit, star
from sales.reminders.decisions import set_reminder
from sales.viewers import Viewer
from tests.factories import SOON, a_lead, a_user, events


async def test_the_same_request_again_answers_the_first_outcome(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await set_reminder(lead.id, by=ada, at=SOON)

    first = await statuses.close(lead.id, by=ada.once("k"), status=Status.WON)
    written = len(await events(ada))
    again = await statuses.close(lead.id, by=ada.once("k"), status=Status.WON)

    assert again == first
    assert again.warnings[0].message("en") == "One other reminder of this lead is still pending."
    assert len(await events(ada)) == written


async def test_many_of_the_same_at_once_are_carried_out_once(ada: Viewer) -> None:
    outcomes = await asyncio.gather(
        *(create(by=ada.once("same"), fields=LeadFields(title="One"), owner_id=None) for _ in range(12))
    )

    assert len(set(outcomes)) == 1
    assert await Lead.filter(account_id=ada.account.id).count() == 1


async def test_a_key_with_another_input_is_refused(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await edit(lead.id, by=ada.once("k"), fields=LeadFields(title="A"))

    with pytest.raises(KeyReused):
        await edit(lead.id, by=ada.once("k"), fields=LeadFields(title="B"))
    with pytest.raises(KeyReused):
        await star(lead.id, by=ada.once("k"))
    assert (await Lead.get(id=lead.id)).title == "A"


async def test_a_key_belongs_to_a_person(ada: Viewer) -> None:
    ben = await a_user(ada)

    await create(by=ada.once("k"), fields=LeadFields(title="Ada's"), owner_id=None)
    await create(by=ben.once("k"), fields=LeadFields(title="Ben's"), owner_id=None)

    assert await Lead.filter(account_id=ada.account.id).count() == 2


async def test_a_refused_request_is_tried_afresh(ada: Viewer) -> None:
    lead = await a_lead(ada)

    with pytest.raises(IllegalTransition):
        await statuses.reopen(lead.id, by=ada.once("k"))
    await statuses.close(lead.id, by=ada, status=Status.LOST)
    await statuses.reopen(lead.id, by=ada.once("k"))

    assert (await Lead.get(id=lead.id)).status == Status.TODO


async def test_a_request_that_found_nothing_to_change_is_remembered_too(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await star(lead.id, by=ada)

    first = await star(lead.id, by=ada.once("k"))

    assert first.position is None
    assert await star(lead.id, by=ada.once("k")) == first


async def test_an_id_of_the_clients_own_makes_a_creation_safe_to_repeat_for_ever(ada: Viewer) -> None:
    id = new_id()
    by = ada.once(f"id:{id}")
    first = await create(by=by, fields=LeadFields(title="Offline"), owner_id=None, id=id)
    await database.fetch(
        "update idempotency_keys set created_at = now() - interval '9 days' where account_id = $1 returning key",
        ada.account.id,
    )
    await idempotency.forget_old()

    assert await create(by=by, fields=LeadFields(title="Offline"), owner_id=None, id=id) == first
    with pytest.raises(InvalidValue, match="id_taken"):
        await create(by=ada, fields=LeadFields(title="Other"), owner_id=None, id=id)


async def test_outcomes_are_kept_for_a_day(ada: Viewer) -> None:
    lead = await a_lead(ada)
    await star(lead.id, by=ada.once("old"))
    await database.fetch(
        "update idempotency_keys set created_at = now() - interval '25 hours' where account_id = $1 returning key",
        ada.account.id,
    )

    await edit(lead.id, by=ada.once("old"), fields=LeadFields(title="A new request"))

    await database.fetch(
        "update idempotency_keys set created_at = now() - interval '25 hours' where account_id = $1 returning key",
        ada.account.id,
    )
    await idempotency.forget_old()
    assert await IdempotencyKey.filter(account_id=ada.account.id).count() == 0
