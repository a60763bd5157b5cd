"""Texts: what leads are searched by, apart from them, so that moving a lead rewrites none of it.

An index of every three letters is dear to write, and PostgreSQL writes a row's every index whenever an indexed column
of it changes. In a table of its own the text is written only when somebody writes text.
"""

from tortoise import fields
from tortoise.models import Model


class LeadText(Model):
    """The title and description of a lead in plain letters: small, without accents."""

    lead_id = fields.UUIDField(primary_key=True)
    account_id = fields.UUIDField()
    text = fields.TextField()

    class Meta:
        table = "lead_texts"
