"""Plans: a statement that answers an operation, how its values come out of a run, and what is left to do in Python."""

from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import orjson
from graphql import GraphQLError

from reads.rows import Path, Value
from reads.shapes import Run
from reads.written import MISSING

_MISSING = MISSING.encode().decode("unicode_escape").encode()

Finish: TypeAlias = Callable[[Run, list[Any]], Awaitable[list[Any]]]
"""Makes values of what SQL gave: all of a field's at once, in their order."""


class RefusedArguments(Exception):
    """Values of this run that fields do not take, by the fields."""

    def __init__(self, refused: dict[Path, GraphQLError]) -> None:
        super().__init__(*(error.message for error in refused.values()))
        self.refused = refused


@dataclass(frozen=True)
class Finished:
    """The values at a path that Python finishes. SQL writes each as `[n, what it is made of]`."""

    n: int
    path: Path
    finish: Finish


@dataclass(frozen=True)
class Plan:
    """A statement that answers an operation. `refused` are the fields that it leaves out for their arguments."""

    sql: str
    values: Sequence[Value]
    uses: Sequence[Value]
    """The same values, once for every field that uses them."""
    checks: Sequence[Value]
    finished: Sequence[Finished]
    refused: Mapping[Path, GraphQLError]

    def bind(self, run: Run) -> list[Any]:
        """The statement's values. Raises RefusedArguments."""
        try:
            for check in self.checks:
                check.get(run)
            return [value.get(run) for value in self.values]
        except GraphQLError:
            raise self._refusal(run) from None

    def _refusal(self, run: Run) -> RefusedArguments:
        refused = dict[Path, GraphQLError]()
        for value in (*self.checks, *self.uses):
            try:
                value.get(run)
            except GraphQLError as error:
                refused.setdefault(value.path, error)
        return RefusedArguments(refused)

    async def whole(self, text: bytes, run: Run) -> bytes | None:
        """The text with all its values finished; None where null is and may not be."""
        if _MISSING in text:
            return None
        if not self.finished:
            return text
        return orjson.dumps(await self._finish(orjson.loads(text), run))

    async def tree(self, text: bytes, run: Run) -> Any:
        """The same as dicts and lists, for the executor, which finds the nulls that may not be."""
        return await self._finish(orjson.loads(text.replace(_MISSING, b"null")), run)

    async def _finish(self, tree: Any, run: Run) -> Any:
        for each in self.finished:
            slots = [(at, key) for at, key in _slots(tree, each.path) if at[key][0] == each.n]
            if slots:
                values = await each.finish(run, [at[key][1] for at, key in slots])
                for (at, key), value in zip(slots, values, strict=True):
                    at[key] = value
        return tree


def _slots(tree: Any, path: Path) -> Iterator[tuple[dict[str, Any], str]]:
    """The objects that have something at a path, whatever lists are on the way."""
    if isinstance(tree, list):
        for each in tree:
            yield from _slots(each, path)
    elif tree is not None and tree.get(key := path[0].partition(".")[2]) is not None:
        if len(path) == 1:
            yield tree, key
        else:
            yield from _slots(tree[key], path[1:])
