"""Reads: a GraphQL query compiled into one SQL statement that answers its JSON.

Knows Strawberry's types and tables, and nothing of what they mean. See README.md.
"""

from reads import cursors
from reads.compiler import ROW
from reads.cursors import BadPage
from reads.declarations import (
    Arguments,
    Field,
    Metadata,
    any_of,
    computed,
    connection,
    derived,
    finished,
    many,
    one,
    only,
    same_row,
    to_one,
)
from reads.executing import FinishedJson, attach, is_of, path_of
from reads.orders import Key, Order
from reads.plan import Plan, RefusedArguments
from reads.questions import Question, rows_by_key
from reads.rows import Path, Row, Statement, TooLarge
from reads.shapes import Late, More, Run, Shape, Unplannable, key_of, shape_of

__all__ = [
    "ROW",
    "Arguments",
    "BadPage",
    "Field",
    "FinishedJson",
    "Key",
    "Late",
    "Metadata",
    "More",
    "Order",
    "Path",
    "Plan",
    "Question",
    "RefusedArguments",
    "Row",
    "Run",
    "Shape",
    "Statement",
    "TooLarge",
    "Unplannable",
    "any_of",
    "attach",
    "computed",
    "connection",
    "cursors",
    "derived",
    "finished",
    "is_of",
    "key_of",
    "many",
    "one",
    "only",
    "path_of",
    "rows_by_key",
    "same_row",
    "shape_of",
    "to_one",
]
