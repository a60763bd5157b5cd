"""Forecasts: what would reach a person when, and by which way."""

from datetime import datetime
from typing import Annotated, Any

import strawberry
from strawberry import Parent

from reads.pages import LARGEST_SIZE
from sales import forecasts, leads, reminders, users
from sales.errors import Refusal
from sales.forecasts import Told
from sales.notifications import NotificationKind
from sales.preferences import NotificationChannel
from schema import ids, plans
from schema.context import Info
from schema.leads import Lead
from schema.mistakes import bad_input
from schema.reminders import Reminder


@strawberry.type(description="Something that would be told.")
class ForecastNotice:
    kind: NotificationKind = strawberry.field(description="Why. Never null.")

    @strawberry.field(description="Whether it waits for nothing. Never null.")
    def is_urgent(self, told: Parent[Told]) -> bool:
        return told.urgent

    @strawberry.field(graphql_type=Lead | None, description="Of which lead; null: of several, or you may not see it.")
    async def lead(self, told: Parent[Told], info: Info) -> Any:
        return await plans.row(info, leads.Lead, told.lead_id) if told.lead_id else None

    @strawberry.field(
        graphql_type=Reminder | None,
        description="The reminder that it is about, of a series the present one; null: it is about something else.",
    )
    async def reminder(self, told: Parent[Told], info: Info) -> Any:
        return await plans.row(info, reminders.Reminder, told.reminder_id) if told.reminder_id else None


@strawberry.type(description="A message that would reach the person.")
class ForecastMessage:
    at: datetime = strawberry.field(description="When it would leave; a digest within seconds of it. Never null.")
    channel: NotificationChannel = strawberry.field(description="By which way. Never null.")
    is_digest: bool = strawberry.field(description="Whether it is one message for all that has come. Never null.")

    @strawberry.field(
        graphql_type=list[ForecastNotice],
        description=f"What it would tell; of a digest the first {LARGEST_SIZE}. Never null.",
    )
    def notices(self, message: Parent[forecasts.Message]) -> list[Told]:
        return list(message.told[:LARGEST_SIZE])

    @strawberry.field(description="How many things it would tell. Never null.")
    def notice_count(self, message: Parent[forecasts.Message]) -> int:
        return len(message.told)


@strawberry.type(
    description="What would reach a person if nobody did anything meanwhile: what is held now, and pending reminders."
)
class DeliveryForecast:
    @strawberry.field(
        graphql_type=list[ForecastMessage],
        description=f"The earliest first, at most {LARGEST_SIZE}: ask on from the last one's `at`. Never null.",
    )
    def messages(self, forecast: Parent[forecasts.Forecast]) -> list[forecasts.Message]:
        return forecast.messages[:LARGEST_SIZE]

    @strawberry.field(description="How many messages that would be, all of them. Never null.")
    def message_count(self, forecast: Parent[forecasts.Forecast]) -> int:
        return len(forecast.messages)

    @strawberry.field(
        description=f"False where more than {forecasts.MOST_LOOKED_AT:,} things wait, and later ones are left out. "
        "Never null."
    )
    def is_complete(self, forecast: Parent[forecasts.Forecast]) -> bool:
        return forecast.is_complete


@strawberry.field(
    name="deliveryForecast",
    graphql_type=DeliveryForecast,
    description="What would be sent to a person when, and over which channel, by the rules that send it: quiet hours, "
    "working days and digests applied. Yourself, or as administrator anybody of the account. Never null.",
)
async def delivery_forecast(
    info: Info,
    start: Annotated[datetime, strawberry.argument(name="from", description="From when on. It can't be null.")],
    end: Annotated[
        datetime,
        strawberry.argument(
            name="to",
            description=f"Until when, at most {forecasts.LONGEST.days} days later, and ten years from now. "
            "It can't be null.",
        ),
    ],
    user_id: Annotated[strawberry.ID | None, strawberry.argument(description="Whom; null: yourself.")] = None,
) -> forecasts.Forecast:
    by = info.context.by
    try:
        whom = ids.read(user_id, users.User, path="userId") if user_id else by.user.id
        return await forecasts.forecast(whom, by=by, start=start, end=end)
    except Refusal as refused:
        # In a query there is no payload to tell a refusal in: it is the request's mistake.
        raise bad_input(f"{refused.path}: {refused.message(by.locale)}") from None


QUERIES = [delivery_forecast]
