"""Saved views: whose they are, who sees them, and what is refused."""

import asyncio
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest

from sales import views
from sales.errors import ErrorCode, InvalidValue, NotAllowed, NotFound, Refused
from sales.ids import new_id
from sales.reasons import Reason
from sales.steps import Step
from sales.users import User
from sales.viewers import Viewer
from sales.views import Layout, LeadColumn, Reference, SavedView, seen_by
from tests.factories import a_user, an_account, events, last_event, steps_of


async def a_view(by: Viewer, *, name: str = "Mine", id: UUID | None = None, **values: Any) -> SavedView:
    """A table of all leads, unless something else is said."""
    fields = {"name": name, "layout": Layout.TABLE, "lead_filter": {}, "order_by": [], "columns": []} | values
    outcome = await views.create(by=by, fields=fields, id=id)  # type: ignore[arg-type]
    return await SavedView.get(id=outcome.id)


async def seen(by: Viewer) -> list[str]:
    return [view.name for view in await SavedView.filter(seen_by(by)).order_by("name")]


async def test_a_view_keeps_what_it_was_given_and_the_journal_says_so(ada: Viewer) -> None:
    lead_filter, order_by = {"status": {"in": ["TODO"]}}, [{"field": "TITLE", "direction": "ASC", "nulls": "LAST"}]

    view = await a_view(
        ada, name="  To  do ", layout=Layout.BOARD, lead_filter=lead_filter, order_by=order_by,
        columns=[LeadColumn.TITLE, LeadColumn.AMOUNT], is_shared=True,
    )  # fmt: skip

    assert (view.name, view.layout, view.user_id, view.is_shared) == ("To do", Layout.BOARD, ada.user.id, True)
    assert (view.lead_filter, view.order_by) == (lead_filter, order_by)
    assert view.columns == ["TITLE", "AMOUNT"]
    event = await last_event(ada)
    assert (event.kind, event.subject_id) == ("view.created", view.id)
    assert event.private == {"name": [None, "To do"], "lead_filter": [None, lead_filter]}


async def test_ones_own_views_are_seen_by_nobody_else_and_shared_ones_by_everybody(ada: Viewer, ben: Viewer) -> None:
    await a_view(ada, name="Ada's")
    await a_view(ben, name="Ben's")
    await a_view(ben, name="Ours", is_shared=True)

    assert await seen(ada) == ["Ada's", "Ours"]
    assert await seen(ben) == ["Ben's", "Ours"]
    assert await seen(await an_account()) == []


async def test_a_name_is_taken_once_a_person(ada: Viewer, ben: Viewer) -> None:
    await a_view(ada, name="Hot")

    with pytest.raises(InvalidValue) as refused:
        await a_view(ada, name="HOT")
    await a_view(ben, name="hot")

    assert (refused.value.path, refused.value.reason) == ("name", "name_taken")
    assert await seen(ada) == ["Hot"]


async def test_an_id_of_another_account_is_taken(ada: Viewer) -> None:
    view = await a_view(ada)

    with pytest.raises(InvalidValue) as refused:
        await a_view(await an_account(), id=view.id)

    assert (refused.value.path, refused.value.reason) == ("id", "id_taken")


async def test_an_edit_changes_what_is_sent_and_nothing_else(ada: Viewer) -> None:
    view = await a_view(ada, name="Old", columns=[LeadColumn.TITLE])

    await views.edit(view.id, by=ada, fields={"name": "New", "is_shared": True})

    changed = await SavedView.get(id=view.id)
    assert (changed.name, changed.is_shared, changed.columns) == ("New", True, ["TITLE"])
    event = await last_event(ada)
    assert (event.kind, event.changes, event.private) == (
        "view.edited", {"is_shared": [False, True]}, {"name": ["Old", "New"]},
    )  # fmt: skip


async def test_a_shared_view_is_changed_by_its_person_and_administrators_only(ada: Viewer, ben: Viewer) -> None:
    cleo = await a_user(ada, name="Cleo")
    view = await a_view(ben, is_shared=True)

    for refused in (views.edit(view.id, by=cleo, fields={"name": "x"}), views.delete(view.id, by=cleo)):
        with pytest.raises(NotAllowed) as error:
            await refused
        assert error.value.needs == "view"
    await views.edit(view.id, by=ada, fields={"name": "By Ada"})

    assert await seen(cleo) == ["By Ada"]
    await views.delete(view.id, by=ben)
    assert await seen(cleo) == []
    assert (await last_event(ada)).kind == "view.deleted"


async def test_what_is_not_seen_is_not_found_by_administrators_neither(ada: Viewer, ben: Viewer) -> None:
    view, before = await a_view(ben), len(await events(ada))

    for by in (ada, await an_account()):
        for refused in (views.edit(view.id, by=by, fields={"name": "x"}), views.delete(view.id, by=by)):
            with pytest.raises(NotFound):
                await refused

    assert await seen(ben) == ["Mine"]
    assert len(await events(ada)) == before


async def test_nothing_of_another_account_can_be_named(ada: Viewer) -> None:
    other = await an_account()
    [step, *_], [own, *_] = await steps_of(other), await steps_of(ada)
    reason = await Reason.filter(account_id=other.account.id).first()
    assert reason is not None
    references = [
        Reference("filter.step.id.eq", Step, own.id),
        Reference("filter.or.0.step.id.in.1", Step, step.id),
        Reference("filter.owner.id.eq", User, other.user.id),
        Reference("filter.reason.id.eq", Reason, reason.id),
    ]

    with pytest.raises(Refused) as refused:
        await views.create(by=ada, fields={"name": "x", "layout": Layout.TABLE}, references=references)

    assert [(each.code, each.path) for each in refused.value.refusals] == [
        (ErrorCode.NOT_FOUND, "filter.or.0.step.id.in.1"),
        (ErrorCode.NOT_FOUND, "filter.owner.id.eq"),
        (ErrorCode.NOT_FOUND, "filter.reason.id.eq"),
    ]
    assert await seen(ada) == []


async def test_all_that_is_wrong_is_told_at_once(ada: Viewer) -> None:
    too_long = {"text": "x" * views.LONGEST_FILTER}

    with pytest.raises(Refused) as refused:
        await a_view(ada, name=" ", lead_filter=too_long)

    assert reasons_of(refused.value.refusals) == [("name", "name_empty"), ("filter", "name_too_long")]


async def test_the_last_place_is_taken_once(ada: Viewer, ben: Viewer) -> None:
    view = await a_view(ada, name="0")
    for n in range(1, views.MOST_VIEWS - 1):
        await SavedView.create(
            account_id=ada.account.id, user_id=ada.user.id, name=str(n), layout=Layout.TABLE, lead_filter={},
            order_by=[], columns=[], created_at=view.created_at,
        )  # fmt: skip

    both = await asyncio.gather(a_view(ada, name="x"), a_view(ada, name="y"), return_exceptions=True)

    assert reasons_of(each for each in both if isinstance(each, Exception)) == [("name", "too_many_views")]
    assert await SavedView.filter(user_id=ada.user.id).count() == views.MOST_VIEWS
    await a_view(ben)


async def test_the_same_creation_again_makes_one_view(ada: Viewer) -> None:
    id = new_id()

    first, second = [await a_view(ada.once(f"id:{id}"), id=id) for _ in range(2)]

    assert first.id == second.id == id
    assert await seen(ada) == ["Mine"]


def reasons_of(refusals: Iterable[Any]) -> list[tuple[str, str]]:
    return [(each.path, each.reason) for each in refusals]
