"""Nodes: whatever has an identity can be looked up by it, as far as the viewer sees it."""

from typing import Annotated, Any, Final

import strawberry
from tortoise.models import Model

import reads
from reads import Late, Row
from sales.journal import Event
from schema import ids
from schema.mistakes import bad_input

MOST_NODES: Final = 100

_MODELS: dict[str, type[Model]] = {}


@strawberry.interface(description="Something with an identity.")
class Node:
    """A type over the rows of one table: `class Lead(Node, over=leads.Lead)`."""

    over: strawberry.Private[type[Model]]

    def __init_subclass__(cls, *, over: type[Model]) -> None:
        cls.over = over
        cls.is_type_of = classmethod(lambda cls, row, info: reads.is_of(row, cls.__name__))  # type: ignore[attr-defined]
        _MODELS[cls.__name__] = over

    id: strawberry.ID = strawberry.field(
        description="Unique across all types and stable for ever, such as `lead_<uuid>`. Never null.",
        metadata=reads.computed(ids.in_sql),
    )


def _asked(row: Row, keys: Late) -> str:
    """A row for each id that is asked for: the word, the key and the position in it, and its place."""
    words, uuids, positions = (
        row.bind(keys.map(lambda keys, n=n: [key[n] for key in keys]), of)  # type: ignore[misc]
        for n, of in enumerate(("text[]", "uuid[]", "bigint[]"))
    )
    return f"(select * from unnest({words}, {uuids}, {positions}) with ordinality as u (word, uuid, position, place))"


def _is_it(asked: Row, row: Row) -> str:
    assert row.model is not None
    its_word = f"{asked.word} = '{ids.WORDS[row.model]}'"
    if row.model is Event:
        return f"{its_word} and {row.account_id} = {asked.uuid} and {row.position} = {asked.position}"
    return f"{its_word} and {row.key} = {asked.uuid}"


def _keys(texts: list[str]) -> list[tuple[str, Any, int | None]]:
    if len(texts) > MOST_NODES:
        raise bad_input(f"At most {MOST_NODES} ids at once; these are {len(texts):,}.")
    return [_key(text) for text in texts]


def _key(text: str) -> tuple[str, Any, int | None]:
    found = ids.split(text)
    if found is None:
        return "", None, None
    model, key = found
    return (ids.WORDS[model], *key) if model is Event else (ids.WORDS[model], key, None)


def _read(source: Any) -> reads.Metadata:
    return reads.any_of(lambda: _MODELS, source, _is_it, order=lambda asked: asked.place)


@strawberry.field(
    graphql_type=Node | None,
    description="The object of an id. Null when there is none, when you may not see it, and for what is no id.",
    metadata=_read(lambda row, given: _asked(row, given["id"].map(lambda id: [_key(id)]))),
)
def node(id: Annotated[strawberry.ID, strawberry.argument(description="The id; it can't be null.")]) -> None: ...


@strawberry.field(
    graphql_type=list[Node | None],
    description="The objects of several ids, in their order; null in the place of each that there is none for.",
    metadata=_read(lambda row, given: _asked(row, Late.all(given["ids"]).map(_keys))),
)
def nodes(
    ids: Annotated[list[strawberry.ID], strawberry.argument(description=f"At most {MOST_NODES} ids; never null.")],
) -> None: ...


QUERIES = [node, nodes]
