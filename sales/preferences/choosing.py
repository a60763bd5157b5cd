"""Choosing how to be told: each person for themselves, an administrator for all who have chosen nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final, TypedDict

from sales.accounts import Account
from sales.calendars import EVERY_DAY, Quiet, has_openings, knows_holidays
from sales.errors import InvalidValue
from sales.ids import new_id
from sales.journal import Kind
from sales.journal.drafts import Draft
from sales.moments import Morning
from sales.notifications import NotificationKind
from sales.preferences import NotificationChannel, Pace, Preferences, decided
from sales.users import User
from sales.verbs import Checks, verb
from sales.viewers import Viewer

MOST_QUIET_HOURS: Final = 50
_HOURS: Final = frozenset({"quiet_hours", "working_days", "holidays"})


@dataclass(frozen=True)
class Choice:
    """Whether something of this kind is told by this channel; None: as for all others."""

    kind: NotificationKind
    channel: NotificationChannel
    is_on: bool | None


class Wishes(TypedDict, total=False):
    """What can be decided; what is absent stays, and None is: as for all others."""

    choices: Sequence[Choice]
    paces: dict[NotificationChannel, Pace | None]
    quiet_hours: Sequence[Quiet] | None
    working_days: frozenset[int] | None
    holidays: dict[str, str | None] | None


@verb
async def choose(*, by: Viewer, wishes: Wishes) -> Draft:
    """Decide for oneself. Raises InvalidValue, also for hours that would never let anything through."""
    by.require_session()
    # The person is locked, so that two requests at once make one row.
    user = await User.filter(account_id=by.account.id, id=by.user.id).select_for_update(no_key=True).get()
    usual = await Preferences.get_or_none(account_id=by.account.id, user_id=None)
    own = await Preferences.get_or_none(account_id=by.account.id, user_id=user.id)
    morning = Morning(user.day_starts_at, user.time_zone)
    return _decide(own, wishes, by=by, usual=usual, morning=morning, user=user)


@verb
async def choose_for_all(*, by: Viewer, wishes: Wishes) -> Draft:
    """Decide what counts for those who have decided nothing else. Raises NotAllowed, and InvalidValue as `choose`."""
    by.require_administrator()
    account = await Account.filter(id=by.account.id).select_for_update(no_key=True).get()
    usual = await Preferences.get_or_none(account_id=by.account.id, user_id=None)
    morning = Morning(by.user.day_starts_at, account.time_zone)
    return _decide(usual, wishes, by=by, usual=None, morning=morning, user=None)


def _decide(
    row: Preferences | None,
    wishes: Wishes,
    *,
    by: Viewer,
    usual: Preferences | None,
    morning: Morning,
    user: User | None,
) -> Draft:
    is_new = row is None
    # Drafts tell what changed by what a row holds, so that its values are replaced and never changed in place.
    row = row or Preferences(id=new_id(), account_id=by.account.id, user_id=user.id if user else None)
    draft = Draft(Kind.PREFERENCES_SET, row, by=by, data={"userId": str(user.id) if user else None})
    values = _checked(row, wishes)
    if is_new:
        draft.add(row.update_from_dict(values))
    else:
        draft.change(row, **values)
    if wishes.keys() & _HOURS and not has_openings(decided(row, usual, morning=morning).calendar):
        raise InvalidValue("quietHours", "never_open")
    return draft


def _checked(row: Preferences, wishes: Wishes) -> dict[str, Any]:
    """The columns that these wishes set. All that is wrong with them is raised at once."""
    values: dict[str, Any] = {}
    checks = Checks()
    if "choices" in wishes:
        values["choices"] = _chosen(row.choices, wishes["choices"])
    if "paces" in wishes:
        paces = row.paces | {channel.value: pace and pace.value for channel, pace in wishes["paces"].items()}
        values["paces"] = {channel: pace for channel, pace in paces.items() if pace is not None}
        if NotificationChannel.IN_APP in wishes["paces"]:
            checks.refusals.append(InvalidValue("paces", "inbox_has_no_pace"))
    if "quiet_hours" in wishes:
        with checks:
            values["quiet_hours"] = _kept(wishes["quiet_hours"])
    if "working_days" in wishes:
        with checks:
            values["working_days"] = _worked(wishes["working_days"])
    if "holidays" in wishes:
        with checks:
            values["holidays"] = _observed(wishes["holidays"])
    checks.done()
    return values


def _chosen(before: dict[str, dict[str, bool]], choices: Sequence[Choice]) -> dict[str, dict[str, bool]]:
    chosen: dict[str, dict[str, bool | None]] = {kind: dict(each) for kind, each in before.items()}
    for choice in choices:
        chosen.setdefault(choice.kind.value, {})[choice.channel.value] = choice.is_on
    kept = {kind: {c: is_on for c, is_on in each.items() if is_on is not None} for kind, each in chosen.items()}
    return {kind: each for kind, each in kept.items() if each}


def _kept(hours: Sequence[Quiet] | None) -> list[dict[str, Any]] | None:
    if hours is None:
        return None
    if len(hours) > MOST_QUIET_HOURS:
        raise InvalidValue("quietHours", "too_many", most=MOST_QUIET_HOURS)
    if any(not each.days for each in hours):
        raise InvalidValue("quietHours", "no_days")
    return [{"days": sorted(each.days), "start": each.start.isoformat(), "end": each.end.isoformat()} for each in hours]


def _worked(days: frozenset[int] | None) -> list[int] | None:
    if days is not None and not days & EVERY_DAY:
        raise InvalidValue("workingDays", "no_days")
    return None if days is None else sorted(days)


def _observed(holidays: dict[str, str | None] | None) -> dict[str, str | None] | None:
    country = holidays.get("country") if holidays else None
    if country and not knows_holidays(country, holidays.get("subdivision") if holidays else None):
        raise InvalidValue("holidays", "holidays_unknown")
    return holidays
