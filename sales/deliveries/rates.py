"""Rates: how many messages a minute go to one endpoint, or leave by one provider; what is over waits for its moment.

A rate is kept by one instant, from which on the next message may go: each moves it on by the time between two (the
virtual scheduling of ITU-T I.371, or GCRA). What was not used counts for a second at most. The claim spends it
(`claiming.py`), so all workers keep it together.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from tortoise import fields
from tortoise.models import Model

from sales import database
from sales.errors import InvalidValue

MOST_PER_MINUTE: Final = 6_000
"""Of one endpoint."""


class Provider(StrEnum):
    """What messages of all accounts leave by."""

    MAIL = "MAIL"
    WEB_PUSH = "WEB_PUSH"
    FCM = "FCM"


class ProviderRate(Model):
    """How many messages a minute leave by a provider, of all accounts and workers; without a row as many as can."""

    provider = fields.CharEnumField(Provider, max_length=10, primary_key=True)
    rate_per_minute = fields.IntField()
    free_at = fields.DatetimeField(null=True, description="From when on the next message may go; null: at once")

    class Meta:
        table = "provider_rates"


# Of a row `{row}` with a rate: an endpoint, or a provider.
_BETWEEN = "(interval '1 minute' / {row}.rate_per_minute)"
_UNUSED = f"greatest({{row}}.free_at, now() - (greatest({{row}}.rate_per_minute / 60, 1) - 1) * {_BETWEEN})"

IS_FREE: Final = "({row}.free_at is null or {row}.free_at <= now())"
"""SQL for whether a message may go."""
ALLOWED: Final = f"(1 + floor(extract(epoch from now() - {_UNUSED}) / extract(epoch from {_BETWEEN})))::int"
"""SQL for how many may go at once, where one may."""
SPENT: Final = f"{_UNUSED} + {{number}} * {_BETWEEN}"
"""SQL for `free_at` once so many go."""

FREE_AT: Final = (
    "greatest(case when {endpoint}.rate_per_minute is not null then {endpoint}.free_at end, {provider}.free_at)"
)
"""SQL for when the next message to an endpoint may go, by its own rate and by its provider's; null: at once."""
PROVIDER: Final = """case when {endpoint}.id is null then 'MAIL'
    when {endpoint}.kind in ('WEB_PUSH', 'FCM') then {endpoint}.kind end"""
"""SQL for what messages to an endpoint leave by, as far as it may have a rate; without an endpoint it is an e-mail."""
KEEPS_PACE: Final = "({endpoint}.rate_per_minute is not null and {endpoint}.free_at > now() - interval '1 minute')"
"""SQL for whether an endpoint is being sent to as fast as it wants to be: what waits for it is nobody's fault."""

_KEEP = """
with kept as (
  insert into provider_rates as p (provider, rate_per_minute)
  select * from unnest($1::text[], $2::int[])
  on conflict (provider) do update set rate_per_minute = excluded.rate_per_minute
  where p.rate_per_minute <> excluded.rate_per_minute)
delete from provider_rates where provider <> all($1::text[]) returning 1
"""


async def keep(rates: Mapping[Provider, int]) -> None:
    """Send by these providers so many messages a minute from now on, in all workers; by others as many as can."""
    providers = sorted(rates)
    await database.fetch(_KEEP, [str(each) for each in providers], [rates[each] for each in providers])


def checked(per_minute: int | None) -> int | None:
    """The rate of an endpoint, as it may be kept; None: as many as there are. Raises InvalidValue."""
    if per_minute is not None and not 1 <= per_minute <= MOST_PER_MINUTE:
        raise InvalidValue("ratePerMinute", "rate_out_of_range", most=MOST_PER_MINUTE)
    return per_minute
