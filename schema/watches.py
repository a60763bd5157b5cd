"""Watching and muting: leads, steps, pipelines and saved views that are not one's own, or are too loud."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import strawberry
from strawberry.types.field import StrawberryField

import reads
from reads import Key
from sales import leads, pipelines, steps, views, watches
from sales.verbs import Outcome
from sales.viewers import Viewer
from sales.watches import Attention
from schema import ids, plans
from schema.connections import After, Before, Connection, First, Last
from schema.context import Info
from schema.leads import Lead
from schema.mutations import Answer, mutation
from schema.nodes import Node
from schema.pipelines import Pipeline
from schema.steps import Step
from schema.views import SavedView

_NEWEST_FIRST = (Key("created_at", datetime, descending=True), Key("id", descending=True))


@strawberry.type(description="Something that you watch or have muted: one of lead, step, pipeline and view.")
class Watch(Node, over=watches.Watch):
    attention: Attention = strawberry.field(description="Which of the two. Never null.")
    created_at: datetime = strawberry.field(description="Since when. Never null.")
    lead: Lead | None = strawberry.field(
        description="The lead; null: it is something else, or you may not see it any more.",
        metadata=reads.to_one(leads.Lead, "lead_id"),
    )
    step: Step | None = strawberry.field(
        description="The step; null: it is something else.", metadata=reads.to_one(steps.Step, "step_id")
    )
    pipeline: Pipeline | None = strawberry.field(
        description="The pipeline; null: it is something else.",
        metadata=reads.to_one(pipelines.Pipeline, "pipeline_id"),
    )
    view: SavedView | None = strawberry.field(
        description="The view; null: it is something else, or it is not shared with you any more.",
        metadata=reads.to_one(views.SavedView, "view_id"),
    )


@strawberry.field(
    name="watches",
    graphql_type=Connection[Watch],
    description="What you watch or have muted, the latest first. Never null.",
    metadata=reads.connection(watches.Watch, lambda *_: "true", order=_NEWEST_FIRST),
)
def list_watches(first: First = None, after: After = None, last: Last = None, before: Before = None) -> None: ...


_VERBS: dict[str, tuple[Attention | None, str]] = {
    "watch": (Attention.WATCHED, "Watch {what}: be told of what {whose} told of, as far as you may see it."),
    "mute": (Attention.MUTED, "Mute {what}: be told of nothing{within} but reminders."),
    "unwatch": (None, "Neither watch nor mute {what} any more."),
}
_KINDS: dict[str, tuple[Any, dict[str, str]]] = {
    "lead": (Lead, {"what": "a lead", "whose": "its owner is", "within": " about it"}),
    "step": (Step, {"what": "a step", "whose": "owners of leads in it, or on their way out, are", "within": " in it"}),
    "pipeline": (Pipeline, {"what": "a pipeline", "whose": "owners of leads in it are", "within": " in it"}),
    "view": (SavedView, {"what": "a saved view", "whose": "owners of leads that lie in it are", "within": " in it"}),
}


def _mutation(word: str, verb: str) -> StrawberryField:
    """`leadWatch` and its kin: one family for all that can be watched."""
    (kind, words), (attention, sentence) = _KINDS[word], _VERBS[verb]
    name = f"{word[0].upper()}{word[1:]}{verb[0].upper()}{verb[1:]}Input"
    fields = {"id": strawberry.field(description=f"The {word}. It can't be null.")}
    cls = type(name, (), {"__annotations__": {"id": strawberry.ID}, **fields})
    input_type = strawberry.input(cls, description=sentence.format(**words).partition(":")[0] + ".")

    async def act(by: Viewer, input: Any) -> Outcome:
        return await watches.attend(kind.over, ids.read(input.id, kind.over), by=by, attention=attention)

    act.__name__ = f"{word}_{verb}"
    act.__doc__ = sentence.format(**words)
    act.__annotations__["input"] = input_type
    return mutation(word, kind, read=_read(kind))(act)


def _read(kind: Any) -> Callable[[Info, Answer], Awaitable[Any]]:
    async def read(info: Info, answer: Answer) -> Any:
        return await plans.only_row(info, kind.over, ids.read(answer.input.id, kind.over))

    return read


QUERIES = [list_watches]
MUTATIONS = [_mutation(word, verb) for word in _KINDS for verb in _VERBS]
