"""The default pipeline's board of a past moment, and what moved on it."""

from datetime import UTC, datetime

from sales.boards.diff import ColumnDiff, diff
from sales.boards.past import PastColumn, as_of
from sales.pipelines import Pipeline
from sales.viewers import Viewer

Titles = dict[str, list[str | None]]
MAY, JUNE, JULY, AUGUST = (datetime(2026, month, 1, tzinfo=UTC) for month in (5, 6, 7, 8))


async def board(by: Viewer, moment: datetime) -> list[PastColumn]:
    """The default pipeline's columns."""
    pipeline = await Pipeline.get(account_id=by.account.id, is_default=True)
    return await as_of(pipeline.id, moment, by=by)


async def titles(by: Viewer, moment: datetime) -> Titles:
    """The titles in each column that has leads."""
    return {each.step.name: [lead.title for lead in each.leads] for each in await board(by, moment) if each.leads}


async def moved(by: Viewer, start: datetime, end: datetime) -> dict[str, ColumnDiff]:
    pipeline = await Pipeline.get(account_id=by.account.id, is_default=True)
    return {column.step.name: column for column in await diff(pipeline.id, start, end, by=by)}
