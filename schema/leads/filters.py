"""Filters of leads as clients write them; `schema.leads.conditions` says what each means."""

from decimal import Decimal

import strawberry
from strawberry import UNSET

from sales.leads import Status
from schema.filters import LONGEST_TEXT, Day, Filter, Instant, RangeFilter, TextFilter
from schema.scalars import CurrencyCode

_ABSENT = "Left out or null: any."


@strawberry.input(description="Which steps. An empty filter is no filter.")
class StepFilter:
    id: Filter[strawberry.ID] | None = strawberry.field(default=UNSET, description=f"By id. {_ABSENT}")
    pipeline_id: Filter[strawberry.ID] | None = strawberry.field(default=UNSET, description=f"By pipeline. {_ABSENT}")


@strawberry.input(description="Which pipelines. An empty filter is no filter.")
class PipelineFilter:
    id: Filter[strawberry.ID] | None = strawberry.field(default=UNSET, description=f"By id. {_ABSENT}")


@strawberry.input(description="Which teams. An empty filter is no filter.")
class TeamFilter:
    id: Filter[strawberry.ID] | None = strawberry.field(
        default=UNSET,
        description="By id, of all the teams that somebody is in, as member or manager: `eq` and `in` want one of them "
        f"to be this, `ne` and `notIn` none; empty: in no team. {_ABSENT}",
    )


@strawberry.input(description="Which people. An empty filter is no filter.")
class UserFilter:
    id: Filter[strawberry.ID] | None = strawberry.field(default=UNSET, description=f"By id. {_ABSENT}")
    team: TeamFilter | None = strawberry.field(
        default=UNSET, description=f"By the teams that they are in now; nobody is in none. {_ABSENT}"
    )
    is_null: bool | None = strawberry.field(
        default=UNSET, description=f"True: there is nobody; false: there is somebody. {_ABSENT}"
    )


@strawberry.input(description="Which reasons. An empty filter is no filter.")
class ReasonFilter:
    id: Filter[strawberry.ID] | None = strawberry.field(default=UNSET, description=f"By id. {_ABSENT}")
    is_null: bool | None = strawberry.field(
        default=UNSET, description=f"True: open, or nobody said why; false: there is a reason. {_ABSENT}"
    )


@strawberry.input(description="Which leads: all conditions hold. An empty filter is no filter; an empty `in` or `or` "
                  "matches nothing.")  # fmt: skip
class LeadFilter:
    status: Filter[Status] | None = strawberry.field(default=UNSET, description=f"By status. {_ABSENT}")
    status_changed_at: RangeFilter[Instant] | None = strawberry.field(
        default=UNSET,
        description=f"By since when it has its status; `lt: {{ago: ...}}` is for longer than that. {_ABSENT}",
    )
    pipeline: PipelineFilter | None = strawberry.field(default=UNSET, description=f"By pipeline. {_ABSENT}")
    step: StepFilter | None = strawberry.field(default=UNSET, description=f"By step. {_ABSENT}")
    step_entered_at: RangeFilter[Instant] | None = strawberry.field(
        default=UNSET,
        description=f"By since when it is in its step; `lt: {{ago: ...}}` is for longer than that. {_ABSENT}",
    )
    owner: UserFilter | None = strawberry.field(default=UNSET, description=f"By owner. {_ABSENT}")
    created_by: UserFilter | None = strawberry.field(default=UNSET, description=f"By who made it. {_ABSENT}")
    reason: ReasonFilter | None = strawberry.field(default=UNSET, description=f"By why it was closed. {_ABSENT}")
    is_starred: bool | None = strawberry.field(default=UNSET, description=f"Starred, or not. {_ABSENT}")
    title: TextFilter | None = strawberry.field(default=UNSET, description=f"By title. {_ABSENT}")
    description: TextFilter | None = strawberry.field(default=UNSET, description=f"By description. {_ABSENT}")
    text: str | None = strawberry.field(
        default=UNSET,
        description=f"The title or the description contains this, whatever its case and accents; at most "
        f"{LONGEST_TEXT} characters. {_ABSENT}",
    )
    number: RangeFilter[int] | None = strawberry.field(default=UNSET, description=f"By number. {_ABSENT}")
    due: RangeFilter[Instant] | None = strawberry.field(
        default=UNSET, description=f"By the moment of its earliest pending reminder; empty: none is. {_ABSENT}"
    )
    has_next_reminder: bool | None = strawberry.field(
        default=UNSET, description=f"A reminder of it is pending, or none is: there is no next action. {_ABSENT}"
    )
    is_overdue: bool | None = strawberry.field(
        default=UNSET, description=f"As its own `isOverdue`: its `dueAt` is past, or is not. {_ABSENT}"
    )
    created_at: RangeFilter[Instant] | None = strawberry.field(
        default=UNSET, description=f"By when it came up; `lt: {{ago: ...}}` is older than that. {_ABSENT}"
    )
    closed_at: RangeFilter[Instant] | None = strawberry.field(
        default=UNSET, description=f"By when it was closed; empty: it is open. {_ABSENT}"
    )
    amount: RangeFilter[Decimal] | None = strawberry.field(
        default=UNSET,
        description=f"By amount, whatever the currency unless `currency` says; empty: none is known. {_ABSENT}",
    )
    currency: Filter[CurrencyCode] | None = strawberry.field(
        default=UNSET, description=f"By the currency of its amount; empty: no amount is known. {_ABSENT}"
    )
    probability: RangeFilter[int] | None = strawberry.field(
        default=UNSET, description=f"By per cent: its own, or its step's; empty: neither has one. {_ABSENT}"
    )
    expected_close_on: RangeFilter[Day] | None = strawberry.field(
        default=UNSET, description=f"By the expected closing date; empty: unknown. {_ABSENT}"
    )
    and_: list["LeadFilter"] | None = strawberry.field(
        name="and", default=UNSET, description="All of these hold, too; an empty list is no condition. Null: none."
    )
    or_: list["LeadFilter"] | None = strawberry.field(
        name="or", default=UNSET, description="One of these holds, too; an empty list matches nothing. Null: none."
    )
    not_: "LeadFilter | None" = strawberry.field(
        name="not", default=UNSET, description="This does not hold; an empty filter always does. Null: no condition."
    )
