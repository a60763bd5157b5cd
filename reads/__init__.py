"""Reads: a GraphQL query compiled into one SQL statement that answers its JSON.

Knows Strawberry's types and tables, and nothing of what they mean. See README.md.
"""

from reads.compiler import Plan, compile_operation
from reads.declarations import (
    Arguments,
    Field,
    Metadata,
    computed,
    connection,
    derived,
    many,
    one,
    only,
    same_row,
    to_one,
)
from reads.executing import attach
from reads.orders import Key, Order
from reads.pages import BadPage
from reads.rows import Row
from reads.shapes import Late, Run, Shape, Unplannable, shape_of

__all__ = [
    "Arguments",
    "BadPage",
    "Field",
    "Key",
    "Late",
    "Metadata",
    "Order",
    "Plan",
    "Row",
    "Run",
    "Shape",
    "Unplannable",
    "attach",
    "compile_operation",
    "computed",
    "connection",
    "derived",
    "many",
    "one",
    "only",
    "same_row",
    "shape_of",
    "to_one",
]
