"""A world is a database full of leads, and who asks it what: an administrator who sees all, a user who doesn't."""

from dataclasses import asdict, dataclass, field
from typing import Any

import orjson

ENVIRONMENT = "BENCH_WORLD"
"""Where a side that is ours finds the world, as JSON."""

POOL = 10
"""Connections of each side: as many as `relance api` opens."""


@dataclass
class Asker:
    """Somebody who asks; `sees` are the owners whose leads exist for them, None: everybody's."""

    name: str
    account_id: str
    user_id: str
    token: str
    time_zone: str
    sees: list[str] | None
    pipeline_id: str = ""
    step_ids: list[str] = field(default_factory=list)
    lead_ids: list[str] = field(default_factory=list)
    movable_ids: list[str] = field(default_factory=list)


@dataclass
class World:
    """One database and its askers."""

    url: str
    leads: int
    open_per_cent: int
    askers: list[Asker]

    def asker(self, name: str) -> Asker:
        return next(asker for asker in self.askers if asker.name == name)

    def written(self) -> str:
        return orjson.dumps(asdict(self)).decode()


def read(text: str) -> World:
    given: dict[str, Any] = orjson.loads(text)
    return World(**given | {"askers": [Asker(**asker) for asker in given["askers"]]})
