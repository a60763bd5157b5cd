"""Policies: how often each channel is tried, how much later each time, and how many at once."""

import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from sales.deliveries import Channel

LEASE: Final = timedelta(seconds=60)
"""How long a claimed delivery is its sender's; then somebody else may take it, so a sender must be quicker."""

JITTER: Final = 0.2
MOST_ATTEMPTS: Final = 20
"""Of a sender that never comes back to say how it went, such as one that this very delivery kills."""

AT_ONCE: Final = 4
"""Deliveries on their way to one endpoint."""

LONGEST_WAIT: Final = timedelta(hours=1)
"""As much of a receiver's own wish (`Retry-After`) is heard."""


def _seconds(*seconds: float) -> tuple[timedelta, ...]:
    return tuple(timedelta(seconds=each) for each in seconds)


_MINUTE, _HOUR = 60, 60 * 60


@dataclass(frozen=True)
class Policy:
    """How a channel is tried, and what lies between attempts.

    What may have arrived (`ambiguous`) goes again until it was `most_ambiguous` times; None: as often as anything else,
    for receivers that know a repeat by its id. Text: SQL for that number, in which `{delivery}` is the row.
    """

    retry_after: tuple[timedelta, ...]
    most_ambiguous: int | str | None = None


# A reminder twice is better than never. Not three times, and not even twice by whoever would have known the repeat.
_BY_EMAIL = f"""(case when {{delivery}}.known_until is null then 2 when {{delivery}}.known_until > now() then {2**15}
  else 1 end)"""

_TO_PEOPLE = _seconds(10, _MINUTE, 5 * _MINUTE, 15 * _MINUTE, _HOUR, 4 * _HOUR, 12 * _HOUR)

POLICIES: Final[Mapping[Channel, Policy]] = {
    Channel.EMAIL: Policy(_TO_PEOPLE, most_ambiguous=_BY_EMAIL),
    Channel.CHAT: Policy(_TO_PEOPLE, most_ambiguous=2),
    Channel.PUSH: Policy(_TO_PEOPLE),
    # The example schedule of Standard Webhooks: 75 hours in all.
    Channel.WEBHOOK: Policy(
        _seconds(5, 5 * _MINUTE, 30 * _MINUTE, 2 * _HOUR, 5 * _HOUR, 10 * _HOUR, 14 * _HOUR, 20 * _HOUR, 24 * _HOUR),
    ),
}


def retry_after(channel: Channel, attempt: int, *, wished: timedelta | None = None) -> timedelta | None:
    """How long to wait after this attempt (from 1), give or take a fifth; None: that was the last one.

    Spread, so that what failed together does not come back together. A receiver's wish for more is heard.
    """
    schedule = POLICIES[channel].retry_after
    if attempt > len(schedule):
        return None
    delay = schedule[attempt - 1] * random.uniform(1 - JITTER, 1 + JITTER)
    return max(delay, min(wished or delay, LONGEST_WAIT))


# How an endpoint that fails is spared: after so many failures on end it rests, each time twice as long, and is then
# tried by one delivery alone.
TRIES_BEFORE_PAUSE: Final = 5
FIRST_PAUSE: Final = timedelta(seconds=10)
LONGEST_PAUSE: Final = timedelta(hours=1)
FAILING_FOR: Final = timedelta(days=5)
"""After so long without a single success an endpoint is switched off, and its people are told."""
