"""Creating a pipeline together with its steps."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sales import database
from sales.errors import InvalidValue, Refusal
from sales.ids import new_id
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.names import clean
from sales.pipelines import LONGEST_NAME, Pipeline, locked_pipelines
from sales.steps import MOST_STEPS, Step, StepFields, columns, many_steps
from sales.verbs import Checks, verb
from sales.viewers import Viewer


@verb
async def create(*, by: Viewer, name: str, steps: Sequence[StepFields], id: UUID | None = None) -> Draft:
    """A new pipeline with its steps in order (at least one). The account's first one becomes the default."""
    by.require_administrator()
    return await drafted(by=by, name=name, steps=steps, id=id)


async def drafted(*, by: Viewer, name: str, steps: Sequence[StepFields], id: UUID | None = None) -> Draft:
    checks, cleaned, values = Checks(), "", []
    with checks:
        cleaned = clean(name, path="name", longest=LONGEST_NAME)
    for n, fields in enumerate(steps):
        with checks.under(f"steps.{n}"):
            values.append(columns(fields))
    checks.refusals += _duplicates(values)
    if not 1 <= len(steps) <= MOST_STEPS:
        checks.refusals.append(InvalidValue("steps", "steps_number", most=MOST_STEPS))
    checks.done()
    others = await locked_pipelines(by)
    now = await database.now()
    pipeline = Pipeline(
        id=id or new_id(), account_id=by.account.id, name=cleaned, created_at=now,
        position=1 + max((other.position for other in others), default=0),
        is_default=not any(other.is_default for other in others),
    )  # fmt: skip
    draft = Draft(Kind.PIPELINE_CREATED, pipeline, by=by)
    draft.add(pipeline)
    made = [
        Step(account_id=by.account.id, pipeline_id=pipeline.id, position=position, created_at=now, **columns)
        for position, columns in enumerate(values, start=1)
    ]
    for step in made:
        draft.add(step)
    draft.warnings += many_steps(made)
    return draft


def _duplicates(steps: list[dict[str, Any]]) -> list[Refusal]:
    names = [step["name"].casefold() for step in steps]
    return [InvalidValue(f"steps.{n}.name", "name_taken") for n, name in enumerate(names) if name in names[:n]]
