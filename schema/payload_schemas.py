"""Payload schemas: what each event's webhook looks like, as JSON Schema, printed into `schema/webhooks/`."""

from typing import Any, Final

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLScalarType,
    SelectionSetNode,
    get_named_type,
    parse,
)
from graphql.language import FieldNode, OperationDefinitionNode
from tortoise import fields
from tortoise.models import Model

from sales import database
from sales.endpoints.hearing import PUBLIC_KINDS
from sales.fields import WallTime
from sales.journal import Kind
from schema import ids, selections
from schema.names import camel
from schema.payloads import NAMED, SUBJECTS, UNTOLD
from schema.words import MEANINGS_OF_EVENTS

Json = dict[str, Any]

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
_INSTANT: Final = {"type": "string", "format": "date-time"}
_CURSOR: Final = {"type": "string", "description": "A place in the account's journal. Opaque."}
_OF_SCALARS: Final[dict[str, Json]] = {
    "Int": {"type": "integer"},
    "Boolean": {"type": "boolean"},
    "DateTime": _INSTANT,
    "Date": {"type": "string", "format": "date"},
}
_OF_COLUMNS: Final[tuple[tuple[type, Json], ...]] = (
    (fields.BooleanField, {"type": "boolean"}),
    (fields.DatetimeField, _INSTANT),
    (fields.DateField, {"type": "string", "format": "date"}),
    (WallTime, {"type": "string"}),
    (fields.DecimalField, {"type": "string", "description": "A decimal number."}),
    (fields.IntField, {"type": "integer"}),
    (fields.CharField, {"type": "string"}),
    (fields.TextField, {"type": "string"}),
)


def schemas() -> dict[str, Json]:
    """The schema of each event that webhooks are told of, by its kind."""
    return {str(kind): _schema(kind) for kind in PUBLIC_KINDS}


def _schema(kind: Kind) -> Json:
    model = SUBJECTS[kind.partition(".")[0]]
    is_about_lead = kind.partition(".")[0] in ("lead", "reminder")
    return {
        "$schema": _DIALECT,
        "title": str(kind),
        "description": MEANINGS_OF_EVENTS[kind.name],
        **_object({
            "type": {"const": str(kind)},
            "timestamp": {**_INSTANT, "description": "When it was written down."},
            "data": _object(_data(model, is_about_lead=is_about_lead)),
        }),
        **({"$defs": {"usualLead": _lead()}} if is_about_lead else {}),
    }  # fmt: skip


def _data(model: type[Model], *, is_about_lead: bool) -> Json:
    lead = {
        "description": "The lead as the endpoint's selection asks for it; null: it is gone.",
        "anyOf": [{"$ref": "#/$defs/usualLead"}, {"type": "object"}, {"type": "null"}],
    }
    return {
        "accountId": _id("account"),
        "position": _CURSOR,
        "causedBy": _or_null({**_CURSOR, "description": "The bulk event that it is a part of; null: it stands alone."}),
        "happenedAt": {**_INSTANT, "description": "When it took place in business."},
        "actor": _object({
            "kind": {"enum": ["USER", "KEY", "CLOCK"]},
            "id": _or_null(_id("user")),
            "name": _or_null({"type": "string"}),
        }),
        "requestId": _or_null({"type": "string"}),
        "subjectId": _id(ids.WORDS[model]),
        "changes": _changes(model),
        "changesBeside": {
            "type": "array",
            "description": "What changed of other things in the same event, such as the lead that a reminder woke.",
            "items": _object({
                "id": {"type": "string"},
                "changes": {"type": "object", "additionalProperties": _object({"from": {}, "to": {}})},
            }),
        },
        "leadId": _id("lead") if is_about_lead else {"type": "null"},
        "leadVersion": {"type": "integer"} if is_about_lead else {"type": "null"},
        "lead": lead if is_about_lead else {"type": "null"},
    }  # fmt: skip


def _changes(model: type[Model]) -> Json:
    """A field for each column that may change; none of them need be there."""
    told = sorted(column for column in database.columns_of(model) if column not in UNTOLD)
    pairs = {
        camel(column): _object({"from": _or_null(_column(model, column)), "to": _or_null(_column(model, column))})
        for column in told
    }
    return {"type": "object", "properties": pairs, "additionalProperties": False}


def _column(model: type[Model], column: str) -> Json:
    if column == "id":
        return _id(ids.WORDS[model])
    if column in NAMED:
        return _id(ids.WORDS[NAMED[column]])
    field = model._meta.fields_map[column]
    values = getattr(field, "enum_type", None)
    if values is not None:
        return {"enum": [str(each) for each in values]}
    return next((of for kind, of in _OF_COLUMNS if isinstance(field, kind)), {})


def _lead() -> Json:
    """What the usual selection tells of a lead."""
    document = parse(f"query {selections.DEFAULT}")
    [operation] = document.definitions
    assert isinstance(operation, OperationDefinitionNode)
    kind = selections.schema().graphql_schema.type_map["Lead"]
    assert isinstance(kind, GraphQLObjectType)
    return _selected(kind, operation.selection_set)


def _selected(kind: GraphQLObjectType, asked: SelectionSetNode) -> Json:
    nodes = [node for node in asked.selections if isinstance(node, FieldNode)]
    return _object({node.name.value: _field(kind.fields[node.name.value], node) for node in nodes})


def _field(field: GraphQLField, node: FieldNode) -> Json:
    return _value(field.type, node)


def _value(of: GraphQLOutputType, node: FieldNode) -> Json:
    if isinstance(of, GraphQLNonNull):
        return _present(of.of_type, node)
    return _or_null(_present(of, node))


def _present(of: GraphQLOutputType, node: FieldNode) -> Json:
    if isinstance(of, GraphQLList):
        return {"type": "array", "items": _value(of.of_type, node)}
    named = get_named_type(of)
    if isinstance(named, GraphQLObjectType):
        assert node.selection_set is not None
        return _selected(named, node.selection_set)
    if isinstance(named, GraphQLEnumType):
        return {"enum": list(named.values)}
    assert isinstance(named, GraphQLScalarType)
    return _OF_SCALARS.get(named.name, {"type": "string"})


def _object(properties: Json) -> Json:
    return {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}


def _id(word: str) -> Json:
    return {"type": "string", "pattern": f"^{word}_[0-9a-f-]{{36}}$"}


def _or_null(of: Json) -> Json:
    if "enum" in of:
        return {**of, "enum": [*of["enum"], None]}
    return {**of, "type": [of["type"], "null"]} if "type" in of else of
