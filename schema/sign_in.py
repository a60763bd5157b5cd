"""Signing in: the only thing that needs no token."""

from typing import Annotated, Any

import strawberry
from strawberry import UNSET, Parent

from sales import sessions
from sales.errors import Refusal, Refused
from sales.sessions import sign_in
from schema import plans
from schema.context import Info
from schema.mutations import INPUT, Answer, payload_type, told
from schema.scalars import EmailAddress
from schema.sessions import Session
from schema.viewers import YOU, Viewer


@strawberry.input(description="Who signs in, and where.")
class SignInInput:
    email: EmailAddress = strawberry.field(description="The person's e-mail address. It can't be null.")
    password: str = strawberry.field(description="The person's password. It can't be null.")
    device: str | None = strawberry.field(
        default=UNSET, description="What the device is called in the list of sessions. Left out or null: nothing."
    )


@strawberry.field(description="The bearer token, shown this once; null when nothing was done.")
def token(answer: Parent[Answer]) -> str | None:
    return answer.done.token if answer.done else None


@strawberry.field(graphql_type=Session | None, description="The new session; null when nothing was done.")
async def session(answer: Parent[Answer], info: Info) -> Any:
    return await plans.row(info, sessions.Session, answer.done.session.id) if answer.done else None


@strawberry.field(graphql_type=Viewer | None, description="Who is signed in now; null when nothing was done.")
async def viewer(answer: Parent[Answer], info: Info) -> Any:
    return await plans.field(info, YOU, {}) if answer.done else None


@strawberry.mutation(
    name="signIn",
    graphql_type=payload_type("sign_in", {"token": token, "session": session, "viewer": viewer}),
    description="Open a session on this device. Needs no token. Wrong credentials take as long as right ones, whether "
    "or not the address exists; attempts are limited per address and per client. An Idempotency-Key is ignored: a "
    "second session does no harm.",
)
async def sign_in_(info: Info, input: Annotated[SignInInput, INPUT]) -> Answer:
    context = info.context
    try:
        done = await sign_in(
            email=input.email,
            password=input.password,
            device=input.device or "",
            address=context.client,
            request_id=context.request_id,
        )
    except (Refusal, Refused) as refused:
        return Answer(input, errors=told(refused))
    context.become(done.viewer)
    return Answer(input, done)


MUTATIONS = [sign_in_]
