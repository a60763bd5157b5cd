"""Chats: what is added twice, at the same instant too, or once more."""

import asyncio

import pytest

from sales.endpoints import Endpoint, EndpointKind, WhyDisabled, chats
from sales.endpoints.chats import MOST_CHATS, NewChat
from sales.endpoints.switching import switch_off
from sales.errors import InvalidValue
from sales.users import Role
from sales.verbs import Outcome
from sales.viewers import Viewer
from tests.factories import a_user, last_event

pytestmark = pytest.mark.usefixtures("sealing")


async def a_chat(by: Viewer, url: str) -> Outcome:
    return await chats.add(by=by, chat=NewChat(EndpointKind.SLACK, "Sales", url, is_of_account=True))


async def test_of_administrators_who_add_the_same_chat_at_once_the_others_hear_that_it_is_known(ada: Viewer) -> None:
    administrators = [ada, *[await a_user(ada, name=name, role=Role.ADMINISTRATOR) for name in ("Ben", "Cleo", "Dan")]]

    made = await asyncio.gather(
        *(a_chat(by, "https://chat.example.com/token") for by in administrators), return_exceptions=True
    )

    assert sum(isinstance(each, Outcome) for each in made) == 1
    refused = [each for each in made if not isinstance(each, Outcome)]
    assert [(type(each), getattr(each, "reason", each)) for each in refused] == [(InvalidValue, "chat_known")] * 3


async def test_one_that_was_switched_off_is_switched_on_by_adding_it_again(ada: Viewer) -> None:
    made = await a_chat(ada, "https://chat.example.com/token")
    await switch_off(ada.account.id, made.id, WhyDisabled.GONE)

    again = await a_chat(ada, "https://chat.example.com/token")

    [chat] = await Endpoint.filter(account_id=ada.account.id)
    assert (again.id, chat.id, chat.disabled_at, chat.disabled_because) == (made.id, made.id, None, None)
    event = await last_event(ada)
    assert (event.kind, event.changes["disabled_because"]) == ("endpoint.enabled", ["GONE", None])


async def test_of_chats_added_at_once_by_several_administrators_no_more_than_there_is_room_for(ada: Viewer) -> None:
    administrators = [ada, *[await a_user(ada, name=name, role=Role.ADMINISTRATOR) for name in ("Ben", "Cleo", "Dan")]]
    for n in range(MOST_CHATS - 1):
        await a_chat(ada, f"https://chat.example.com/{n}")

    made = await asyncio.gather(
        *(a_chat(by, f"https://chat.example.com/by-{by.user.id}") for by in administrators), return_exceptions=True
    )

    assert sum(isinstance(each, Outcome) for each in made) == 1
    assert await Endpoint.filter(account_id=ada.account.id).count() == MOST_CHATS
