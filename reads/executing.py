"""Executing: what a plan can't say runs field by field, over the rows that the plan has read.

A lenient plan leaves such fields out and says which row they are of. `attach` makes every field of a schema take its
value from such an answer where it is in it; where it is not, the row itself is loaded and its resolver is asked.
"""

from collections.abc import Awaitable, Callable, Coroutine, Generator
from inspect import isawaitable, iscoroutine
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLSchema,
)
from graphql.execution.executor_throwing_on_incremental import ExecutorThrowingOnIncremental
from orjson import Fragment

from reads.compiler import KIND, ROW
from reads.rows import Path

Load = Callable[[GraphQLResolveInfo[Any], Any], Awaitable[Any]]
Refused = Callable[[GraphQLResolveInfo[Any]], GraphQLError | None]


def attach(schema: GraphQLSchema, *, load: Load, refused: Refused) -> None:
    """Have every field answer from a plan's rows.

    `load` finds the row of `info.parent_type` with a key; `refused` says what a plan refused the field for.
    """
    for kind in schema.type_map.values():
        if isinstance(kind, GraphQLObjectType) and not kind.name.startswith("__"):
            for field in kind.fields.values():
                field.resolve = _over_rows(field, load, refused)


class FinishedJson(ExecutorThrowingOnIncremental):
    """The executor, to which a resolver may give an `orjson.Fragment`: what it asks for, as JSON already.

    Where a field fails it drops those beside it, begun or not, and what they wait for: each is droppable here.
    """

    def execute_field(self, *field: Any) -> Any:
        return _droppable(super().execute_field(*field))

    def complete_value(
        self, return_type: Any, field_details_list: Any, info: Any, path: Any, result: Any, *more: Any
    ) -> Any:
        if type(result) is Fragment:
            return result
        return _droppable(super().complete_value(return_type, field_details_list, info, path, result, *more))

    def complete_list_item_value(self, item: Any, completed: list[Any], *more: Any) -> bool:
        is_awaitable = super().complete_list_item_value(item, completed, *more)
        completed[-1] = _droppable(completed[-1])
        return is_awaitable


def is_of(value: Any, name: str) -> bool:
    """Whether an object is of this type. A plan says which it is where it could be of several."""
    return type(value) is dict and value.get(KIND, name) == name


def path_of(info: GraphQLResolveInfo[Any]) -> Path:
    """Where the field is that is being executed."""
    path: list[str] = []
    at: Any = info.path
    while at is not None:
        if at.typename is not None:
            path.append(f"{at.typename}.{at.key}")
        at = at.prev
    return tuple(reversed(path))


def _over_rows(field: GraphQLField, load: Load, refused: Refused) -> Callable[..., Any]:
    resolve = field.resolve
    assert resolve is not None, "Strawberry gives every field a resolver"
    read = _reader(field.type)

    def resolved(source: Any, info: GraphQLResolveInfo[Any], **arguments: Any) -> Any:
        if type(source) is not dict:
            return resolve(source, info, **arguments)
        key = info.path.key
        if key in source:
            return source[key] if read is None else read(source[key])
        if refusal := refused(info):
            raise refusal
        if ROW not in source:
            return resolve(None, info, **arguments)
        return _droppable(loaded(source[ROW], info, arguments))

    async def loaded(row: Any, info: GraphQLResolveInfo[Any], arguments: dict[str, Any]) -> Any:
        value = resolve(await load(info, row), info, **arguments)
        return await value if isawaitable(value) else value

    return resolved


def _droppable(value: Any) -> Any:
    return _Droppable(value) if iscoroutine(value) else value


class _Droppable:
    """A coroutine that may be dropped before it has begun; of others Python says that they were never awaited."""

    __slots__ = ("_coroutine",)

    def __init__(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        self._coroutine: Coroutine[Any, Any, Any] | None = coroutine

    def __await__(self) -> Generator[Any, Any, Any]:
        coroutine, self._coroutine = self._coroutine, None
        assert coroutine is not None, "nothing is awaited twice"
        return coroutine.__await__()

    def __del__(self) -> None:
        if self._coroutine is not None:
            self._coroutine.close()


def _reader(of_type: GraphQLOutputType) -> Callable[[Any], Any] | None:
    """How the executor wants a value of which the plan has written the text: an enum's by its value, not its name."""
    if isinstance(of_type, GraphQLNonNull):
        return _reader(of_type.of_type)
    if isinstance(of_type, GraphQLList):
        item = _reader(of_type.of_type)
        return None if item is None else lambda values: None if values is None else [item(value) for value in values]
    if isinstance(of_type, GraphQLEnumType):
        values = {name: value.value for name, value in of_type.values.items()}
        return lambda name: None if name is None else values[name]
    return None
