"""Chats: what two people do at the same instant."""

import asyncio
from collections.abc import Iterator

import pytest

from sales import sealed
from sales.endpoints import Endpoint, EndpointKind, chats
from sales.endpoints.chats import MOST_CHATS, NewChat
from sales.errors import InvalidValue
from sales.users import Role
from sales.verbs import Outcome
from sales.viewers import Viewer
from tests.factories import a_user


@pytest.fixture(autouse=True)
def _sealing() -> Iterator[None]:
    sealed.use("k" * 32)
    yield
    sealed.use(None)


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


async def test_of_chats_added_at_once_by_several_administrators_no_more_than_there_is_room_for(ada: Viewer) -> None:
    administrators = [ada, *[await a_user(ada, name=name, role=Role.ADMINISTRATOR) for name in ("Ben", "Cleo", "Dan")]]
    for n in range(MOST_CHATS - 1):
        await a_chat(ada, f"https://chat.example.com/{n}")

    made = await asyncio.gather(
        *(a_chat(by, f"https://chat.example.com/by-{by.user.id}") for by in administrators), return_exceptions=True
    )

    assert sum(isinstance(each, Outcome) for each in made) == 1
    assert await Endpoint.filter(account_id=ada.account.id).count() == MOST_CHATS
