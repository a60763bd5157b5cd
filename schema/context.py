"""What one request carries along: who asks, what was loaded, whether anything has changed."""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import TypeAlias

import strawberry
from graphql import GraphQLError

from sales import database
from sales.callers import renewed
from sales.viewers import Viewer
from schema.loading import Loaders
from schema.mistakes import bad_input, unauthenticated


@dataclass
class Context:
    """One request; `viewer` is None for whoever has not signed in."""

    viewer: Viewer | None
    request_id: str
    client: str = ""
    idempotency_key: str | None = None
    has_changed: bool = field(default=False, init=False)
    mistake: GraphQLError | None = field(default=None, init=False)
    """What a value of a plan refused; whoever can't be answered without a plan raises it."""
    _now: datetime | None = field(default=None, init=False)

    @cached_property
    def loaders(self) -> Loaders:
        return Loaders(self.by)

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

    async def now(self) -> datetime:
        """The database's time, read once per request, so that all answers of a request agree."""
        if self._now is None:
            self._now = await database.now()
        return self._now

    def unreadable(self) -> GraphQLError:
        """Why a field that only a plan can read has no answer."""
        return self.mistake or bad_input("This can't be asked together with something else in the document.")

    def forget(self) -> None:
        """After a change: what was loaded before it is out of date."""
        self.has_changed = True
        self._now = None
        self.__dict__.pop("loaders", None)

    async def renew(self) -> None:
        """After a change of the viewer's own person or account."""
        self.become(await renewed(self.by))

    def become(self, viewer: Viewer) -> None:
        """Go on as this viewer: somebody signed in, or changed what counts for the rest of the request."""
        self.viewer = viewer
        self.forget()


Info: TypeAlias = strawberry.Info[Context, None]
