"""What all mutations share: one input, one payload with the thing itself, errors, warnings and a position.

    @mutation("lead", Lead)
    async def lead_star(by: Viewer, input: LeadInput) -> Outcome:
        '''Mark a lead as important.'''

becomes `leadStar(input: LeadInput!): LeadStarPayload!` with `LeadStarPayload { lead errors warnings position }`. What
the domain refuses becomes `errors`; the lead is read after the commit, by a plan of what is asked of it.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from inspect import getdoc
from typing import Annotated, Any, TypeVar

import strawberry
from graphql import FieldNode, GraphQLField, GraphQLSchema, SelectionNode
from strawberry import Parent
from strawberry.types.field import StrawberryField
from tortoise.models import Model

from sales import advice
from sales.advice import AdviceCode
from sales.errors import Refusal, Refused
from sales.verbs import Outcome, Unconfirmed
from sales.viewers import Viewer
from schema import plans
from schema.asked import Asked
from schema.context import Context, Info
from schema.events import position
from schema.mistakes import bad_input, unauthenticated
from schema.names import camel
from schema.refusals import MutationError, Told
from schema.scalars import Cursor

LONGEST_KEY = 300

Input = TypeVar("Input")
Act = Callable[[Viewer, Input], Awaitable[Any]]
Read = Callable[[Info, "Answer"], Awaitable[Any]]

ACTION = "action"

_ADVICE_ABOUT = {AdviceCode.REMINDERS_KEPT: "reminder", AdviceCode.MAY_ARRIVE_TWICE: "delivery"}


@strawberry.type(description="It was done, but look at this.")
class Advice:
    code: AdviceCode = strawberry.field(description="For programs. Never null.")

    @strawberry.field(description="For the person who asked, in their language. Never null.")
    def message(self, told: Parent[advice.Advice], info: Info) -> str:
        return told.message(info.context.locale)

    @strawberry.field(description="What it is about; may be empty, never null.")
    def ids(self, told: Parent[advice.Advice]) -> list[strawberry.ID]:
        word = _ADVICE_ABOUT.get(told.code, "step")
        return [strawberry.ID(f"{word}_{id}") for id in told.ids]


@dataclass
class Answer:
    """What a mutation answers, before it is asked for by field; `done` is what the verb itself returned."""

    input: Any
    done: Any = None
    errors: list[Told] = field(default_factory=list)
    warnings: list[advice.Advice] = field(default_factory=list)
    position: Cursor | None = None


@dataclass(frozen=True)
class Action:
    """What a mutation does: `act`, and then its payload's `entity` is a row of `model`, where nothing else is said."""

    act: Act[Any]
    entity: str
    model: type[Model] | None
    creates: bool
    confirms: bool


@strawberry.type
class Payload:
    """The fields that every payload has."""

    errors: list[MutationError] = strawberry.field(
        description="Why it was not done, all at once; empty when it was done. Never null."
    )
    warnings: list[Advice] = strawberry.field(description="Done, but look at this; may be empty, never null.")
    position: Cursor | None = strawberry.field(
        description="Where the change stands in the journal; null when nothing was done or there was nothing to change."
    )


def mutation(
    name: str,
    kind: Any,
    *,
    creates: bool = False,
    confirms: bool = False,
    read: Read | None = None,
    **more: StrawberryField,
) -> Callable[[Act[Input]], StrawberryField]:
    """A mutation that lets the viewer act; its payload names the thing `name`, of the GraphQL type `kind`.

    What `creates` takes the id of the new thing from the input's `id`, where a client brings one, and is carried out
    once for it. What `confirms` calls a verb that takes a guess at who asks (`optimistic_verb`). `read` reads the thing
    after the commit; by default it is the row with the outcome's id. `more` are further fields of the payload, resolved
    over the Answer.
    """

    def made(act: Act[Input]) -> StrawberryField:
        async def resolve(info: Any, input: Any) -> Answer:
            context: Context = info.context
            done = context.done.pop(info.path.key, None)
            if isinstance(done, Exception):
                raise done
            return done or await carry_out(context, info.path.as_list(), action, input)

        action = Action(act, camel(name), None if read else kind.over, creates=creates, confirms=confirms)
        name_of_act: str = getattr(act, "__name__")  # noqa: B009
        resolve.__name__ = name_of_act
        resolve.__annotations__ = {"info": Info, "input": Annotated[act.__annotations__["input"], INPUT]}
        payload = payload_type(name_of_act, {name: _entity(name, kind, read or _row_of(kind.over))} | more)
        field: StrawberryField = strawberry.mutation(
            resolver=resolve, graphql_type=payload, description=getdoc(act), metadata={ACTION: action}
        )
        return field

    return made


def deletion(name: str) -> Callable[[Act[Input]], StrawberryField]:
    """A mutation that deletes: its payload names the id that is gone."""

    async def gone(_: Info, answer: Answer) -> strawberry.ID:
        id: strawberry.ID = answer.input.id
        return id

    return mutation(f"deleted_{name}_id", strawberry.ID, read=gone)


def payload_type(act: str, fields: dict[str, StrawberryField]) -> type:
    """The payload of a mutation: fields of its own, and those that every payload has."""
    name = camel(act)
    cls = type(f"{name[0].upper()}{name[1:]}Payload", (Payload,), {"__annotations__": {}, **fields})
    return strawberry.type(cls, description=f"What `{name}` answers.")


def confirms(asked: Asked) -> bool:
    """Whether each verb that a mutation calls takes a guess at who asks."""
    fields = [field_of(asked.schema, node) for node in asked.operation.selection_set.selections]
    actions = [action_of(field) if field else None for field in fields]
    return all(action is not None and action.confirms for action in actions)


def field_of(schema: GraphQLSchema, node: SelectionNode) -> GraphQLField | None:
    """The mutation that a selection calls."""
    known = schema.mutation_type.fields if schema.mutation_type else {}
    return known.get(node.name.value) if isinstance(node, FieldNode) else None


def action_of(field: GraphQLField) -> Action | None:
    """What it does; None where it is made in a way of its own."""
    action: Action | None = field.extensions["strawberry-definition"].metadata.get(ACTION)
    return action


def told(refused: Refusal | Refused) -> list[Told]:
    return [Told(each) for each in (refused.refusals if isinstance(refused, Refused) else [refused])]


INPUT = strawberry.argument(description="What is to be done. It can't be null.")


def outcome_of(answer: Answer) -> Outcome:
    """What was done; verbs that hand out a secret return it beside their outcome."""
    outcome: Outcome = getattr(answer.done, "outcome", answer.done)
    return outcome


def _entity(name: str, kind: Any, read: Read) -> StrawberryField:
    async def resolve(answer: Parent[Answer], info: Info) -> Any:
        return None if answer.done is None else await read(info, answer)

    field: StrawberryField = strawberry.field(
        name=camel(name),
        resolver=resolve,
        graphql_type=kind | None,
        description="What it was done to, as it is now. Null when nothing was done, or it can't be seen any more.",
    )
    return field


def _row_of(model: type[Model]) -> Read:
    async def read(info: Info, answer: Answer) -> Any:
        return await plans.only_row(info, model, outcome_of(answer).id)

    return read


async def carry_out(context: Context, path: list[str | int], action: Action, input: Any) -> Answer:
    """What came of a mutation that stands at this place of the answer."""
    by = _once(context, path, _own(input.id) if action.creates else None)
    try:
        answer = Answer(input, await action.act(by, input))
    except (Unconfirmed, Refusal, Refused) as refused:
        if by.guess is None and not isinstance(refused, Unconfirmed):
            return Answer(input, errors=told(refused))
        await context.find_out()
        return await carry_out(context, path, action, input)
    context.forget()
    outcome = outcome_of(answer)
    if by.session_id is not None and outcome.id == by.session_id:
        context.has_ended = True
    answer.warnings = list(outcome.warnings)
    answer.position = None if outcome.position is None else position(outcome.position)
    return answer


def _own(id: str | None) -> str | None:
    """The key of a creation under an id of the client's: the id's own, without its word, once and for ever."""
    return f"id:{id.partition('_')[2]}" if id else None


def _once(context: Context, path: list[str | int], own: str | None) -> Viewer:
    """The viewer, whose act is carried out once: for the id that came along, or for the request's Idempotency-Key."""
    if context.has_ended:
        raise unauthenticated()
    if own or context.idempotency_key is None:
        return context.by.once(own)
    key = f"key:{context.idempotency_key}:{'.'.join(str(part) for part in path)}"
    if len(key) > LONGEST_KEY:
        raise bad_input("The alias of this field is too long to go with an Idempotency-Key.")
    return context.by.once(key)
