"""What one request carries along: who asks what, what was refused, whether anything has changed."""

from asyncio import shield
from collections.abc import Awaitable, Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import strawberry
from graphql import GraphQLError
from strawberry.dataloader import DataLoader

from reads import Path
from sales.callers import caller, renewed
from sales.viewers import Viewer
from schema.asked import Asked
from schema.mistakes import unauthenticated

Load: TypeAlias = Callable[[list[Any]], Awaitable[list[Any]]]


@dataclass
class Context:
    """One request; `viewer` is None for whoever has not signed in, and may be a guess at whom `token` stands for."""

    asked: Asked
    viewer: Viewer | None
    request_id: str
    token: str | None = None
    client: str = ""
    idempotency_key: str | None = None
    has_changed: bool = field(default=False, init=False)
    has_ended: bool = field(default=False, init=False)
    """Whether the session that asks was signed out by an earlier field of the same document."""
    done: dict[str, Any] = field(default_factory=dict, init=False)
    """What mutations came to that the executor answers, by their keys in the answer: what they did or raised."""
    refused: dict[Path, GraphQLError] = field(default_factory=dict, init=False)
    """Fields that have no answer, and why."""
    _batches: dict[Hashable, DataLoader[Any, Any]] = field(default_factory=dict, init=False)

    @property
    def by(self) -> Viewer:
        """Who asks. Raises UNAUTHENTICATED."""
        if self.viewer is None:
            raise unauthenticated()
        return self.viewer

    @property
    def locale(self) -> str:
        """The language of sentences; before sign-in it is English."""
        return self.viewer.locale if self.viewer else "en"

    async def batched(self, what: Hashable, load: Load, key: Any) -> Any:
        """What `load` gives for a key, along with all others that are asked for of this kind at the same time.

        Not for use inside a transaction: a task beside it loads them.
        """
        if what not in self._batches:
            self._batches[what] = DataLoader(load_fn=load)
        # Where a field fails, the executor gives up those beside it; others may wait for the same row.
        return await shield(self._batches[what].load(key))

    def forget(self) -> None:
        """After a change: what was loaded before it is out of date."""
        self.has_changed = True
        self._batches.clear()

    async def find_out(self) -> None:
        """Who it is that asks, where it was a guess. Raises UNAUTHENTICATED."""
        self.viewer = await caller(self.token, request_id=self.request_id) if self.token else None
        if self.viewer is None:
            raise unauthenticated()

    async def renew(self) -> None:
        """After a change of the viewer's own person or account."""
        self.become(await renewed(self.by))

    def become(self, viewer: Viewer) -> None:
        """Go on as this viewer: somebody signed in, or changed what counts for the rest of the request."""
        self.viewer = viewer
        self.forget()


Info: TypeAlias = strawberry.Info[Context, None]
