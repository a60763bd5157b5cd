"""Attention: whether the viewer watches something, has muted it, or neither."""

import reads
from sales.watches import Attention, Watch
from schema.words import described

described(
    Attention,
    "What you want to hear of something. Muting is stronger than watching and than owning.",
    WATCHED="You are told of what its owner is told of, as far as you may see it.",
    MUTED="You are told of nothing but reminders.",
)


def attention(column: str) -> reads.Metadata:
    """What the viewer wants to hear of a row that `column` of the watches names."""
    return reads.computed(lambda row: f"(select w.attention from {row.rows_of(Watch)} w where w.{column} = {row.id})")


DESCRIPTION = "Whether you watch it or have muted it; null: neither."
