"""Texts: what leads are searched by, apart from them, so that moving a lead rewrites none of it.

An index of every three letters is dear to write, and PostgreSQL writes a row's every index whenever an indexed column
of it changes. In a table of its own the text is written only when somebody writes text.
"""

from typing import Any
from uuid import UUID

from pypika_tortoise.context import SqlContext
from tortoise import fields
from tortoise.expressions import Q, RawSQL, Subquery
from tortoise.models import Model


class LeadText(Model):
    """The title and description of a lead in plain letters: small, without accents."""

    lead_id = fields.UUIDField(primary_key=True)
    account_id = fields.UUIDField()
    text = fields.TextField()

    class Meta:
        table = "lead_texts"


def containing(text: str, *, account_id: UUID) -> Q:
    """The leads whose title or description contains this, whatever its case and accents; no character is special."""
    texts: Any = LeadText.filter(account_id=account_id).annotate(contains=_Contains(text)).filter(contains=True)
    return Q(id__in=Subquery(texts.values("lead_id")))


class _Contains(RawSQL):
    """Whether the text of a row contains this one, which goes as a parameter."""

    def __init__(self, text: str) -> None:
        super().__init__("")
        self._text = text

    def get_sql(self, ctx: SqlContext) -> str:
        assert ctx.parameterizer is not None
        given = ctx.parameterizer.create_param(self._text).get_sql(ctx)
        return f"""("lead_texts"."text" like containing_pattern({given}::text))"""
