"""Closed lists of the domain as GraphQL enums: each value with its meaning."""

from enum import Enum
from typing import Any

import strawberry

from sales.accounts import Privacy
from sales.advice import AdviceCode
from sales.errors import ErrorCode, WhyNotUndone
from sales.journal import Kind
from sales.leads import Status
from sales.notifications import NotificationKind
from sales.preferences import NotificationChannel, Pace
from sales.reminders import ReminderState
from sales.reminders.terms import Until
from sales.steps import Guard
from sales.teams import TeamPrivacy
from sales.users import Role
from sales.views import Layout, LeadColumn


def described(words: type[Enum], description: str, *, name: str | None = None, **meanings: str) -> None:
    """Make an enum one of the schema's. Every value needs a meaning: raises TypeError for those without."""
    if unsaid := set(words.__members__) ^ set(meanings):
        raise TypeError(f"{words.__name__}: {', '.join(sorted(unsaid))}")
    definition: Any = strawberry.enum(words, description=description, name=name)
    for value in definition.__strawberry_definition__.values:
        value.description = meanings[value.name]


def by_status(sql: str) -> str:
    """The place of a status among the five, in SQL."""
    return f"array_position(array[{', '.join(repr(str(status)) for status in Status)}], {sql}::text)"


described(
    Status,
    "Is it alive, and must I act now? The same five for everyone; how far along the sale is, is the step's affair.",
    TODO="Alive: act now.",
    STANDBY="Alive: act later. It comes back to TODO by itself, at its reminder's moment.",
    WON="Closed: the sale was made.",
    LOST="Closed: a competitor got it.",
    CANCELLED="Closed: there was no sale at all, for anybody.",
)

described(
    Privacy,
    "What the people of an account see of each other's leads.",
    SHARED="Everybody sees everything.",
    PRIVATE="Each sees their own, those of their teams as far as these share, and unassigned ones.",
)

described(
    Role,
    "What a person may set up. What one sees of the leads depends on the account's privacy and on the teams.",
    ADMINISTRATOR="Sees and edits everything, and sets up the account.",
    TEAM_MANAGER="Sees and edits the leads of the teams that he or she manages.",
    USER="Works on his or her own leads.",
)

described(
    TeamPrivacy,
    "In a private account: what the members of a team see of each other's leads.",
    MEMBERS_SHARE="Members see each other's leads.",
    MANAGERS_SEE="Only the team's managers see all of them.",
)

described(
    Guard,
    "A field of the lead that a step may demand to be filled.",
    DESCRIPTION="The description isn't empty.",
    AMOUNT="There is an amount.",
    PROBABILITY="The lead has a probability of its own.",
    EXPECTED_CLOSE_ON="There is an expected closing date.",
    OWNER="Somebody owns it.",
)

described(
    ReminderState,
    "What became of a reminder.",
    PENDING="Its moment is still to come.",
    FIRED="It came due, and nobody has acted on it.",
    DONE="What it asked for is done.",
    CANCELLED="It was called off.",
)

described(
    Until,
    "What makes a reminder pointless: somebody did this to the lead after it was set.",
    name="ReminderUntil",
    STATUS_CHANGED="Gave it another status.",
    ACTIVITY_LOGGED="Did anything to it, but to the reminder itself.",
    STEP_LEFT="Moved it to another step.",
)

described(
    NotificationKind,
    "Why somebody is told. Kinds are appended: treat an unknown one by its text.",
    REMINDER_DUE="A reminder of yours came due.",
    LEAD_ASSIGNED="Somebody gave you a lead.",
    LEAD_TAKEN_AWAY="Somebody took a lead of yours away.",
    STATUS_CHANGED="Somebody changed the status of a lead of yours, or of one that you watch.",
    STEP_CHANGED="Somebody moved a lead of yours, or one that you watch, to another step.",
    AMOUNT_CHANGED="Somebody changed the amount of a lead of yours, or of one that you watch.",
    OWNER_CHANGED="A lead that you watch went to somebody else.",
    ENDPOINT_DISABLED="A webhook, a device or a chat was switched off: it is gone, or has failed for days.",
    REMINDER_AHEAD="A reminder of yours comes due before long.",
    REMINDER_ESCALATED="Somebody whom you manage has not acknowledged a reminder.",
    EMAIL_BOUNCED="An e-mail to you came back: none is sent to that address until you confirm it.",
)

described(
    AdviceCode,
    "What is worth a look although it was done. Codes are appended: treat an unknown one by its message.",
    MOMENT_MOVED="A clock change skips the chosen time; the moment is right after.",
    REMINDERS_KEPT="Other reminders of the closed lead are still pending; `ids` are theirs.",
    MANY_STEPS="So many steps are hard to see and to manage; `ids` are those beyond the eighth.",
    GUARDS_SKIPPED="Leads were moved to a step without being asked for what it demands; `ids` is the step's.",
    SECRET_SHOWN_ONCE="Keep the secret now: it is not shown again.",
    MAY_ARRIVE_TWICE="It may have arrived before, and arrives once more; `ids` are such deliveries.",
)

described(
    ErrorCode,
    "Why a mutation was refused. Codes are appended, and none is ever renamed or taken away: treat an unknown one by "
    "its message.",
    NOT_FOUND="It does not exist, or you may not see it: the two are never told apart.",
    NOT_ALLOWED="You may see it and not change it.",
    INVALID_VALUE="A value that can't be taken.",
    ILLEGAL_TRANSITION="This status can't follow that one.",
    STEP_GUARD_FAILED="The step asks for fields that are empty.",
    REASON_REQUIRED="The account wants a reason for this status.",
    VERSION_CONFLICT="A field that was sent has changed since `expectedVersion`.",
    ALREADY_CLAIMED="Somebody else was faster.",
    STEP_IN_USE="Leads are in it: name a step that takes them.",
    LAST_STEP="A pipeline keeps at least one open step.",
    PIPELINE_IS_DEFAULT="The default pipeline stays; make another one the default first.",
    REMINDER_NOT_PENDING="The reminder fired, or was ended, before.",
    IDEMPOTENCY_KEY_REUSED="This Idempotency-Key came with another input before.",
    WRONG_CREDENTIALS="E-mail address and password do not belong together.",
    TOO_MANY_ATTEMPTS="Wait before the next attempt.",
    CANNOT_UNDO="It can't be undone, or no longer.",
)

described(
    WhyNotUndone,
    "Why something can't be undone. Values are appended: treat an unknown one by the message.",
    KIND="Nothing of its kind can be undone.",
    AN_UNDO="It was an undo itself: make the change again.",
    ALREADY="It was undone before.",
    PART="It was a part of a larger change: undo that one.",
    TOO_LATE="It is more than 24 hours ago.",
    STEP_GONE="The step that the lead was in does not exist any more.",
    PIPELINE_GONE="The pipeline that the step was in does not exist any more.",
)

described(
    Layout,
    "How a view shows its leads.",
    name="ViewLayout",
    TABLE="Rows with the view's columns.",
    CARDS="Cards, one after the other.",
    BOARD="A column for each step.",
)

described(
    LeadColumn,
    "What a table of leads can show. Columns are appended: leave out one that you don't know.",
    NUMBER="The number within the account.",
    TITLE="What it is about.",
    DESCRIPTION="All else there is to know.",
    STATUS="Is it alive, and must I act now?",
    STATUS_CHANGED_AT="Since when it has its status.",
    STEP="How far along the sale is.",
    STEP_ENTERED_AT="Since when it is in its step.",
    PIPELINE="The pipeline of its step.",
    OWNER="Whose it is.",
    AMOUNT="What it is worth.",
    PROBABILITY="Per cent: its own, or its step's.",
    EXPECTED_CLOSE_ON="When a decision is expected.",
    IS_STARRED="Marked as important.",
    NEXT_REMINDER="Its earliest pending reminder.",
    CREATED_AT="When it came up.",
    CREATED_BY="Who made it.",
    CLOSED_AT="When it was closed.",
    REASON="Why it was closed.",
)


described(
    NotificationChannel,
    "A way to a person.",
    IN_APP="The inbox in the application.",
    EMAIL="E-mail.",
    PUSH="Push messages to browsers and telephones.",
    CHAT="A chat: Slack, Microsoft Teams or another.",
)

described(
    Pace,
    "How often something goes out by a channel.",
    name="NotificationPace",
    AT_ONCE="Each thing when it happens.",
    HOURLY="What has come together, every full hour.",
    MORNING="What has come together, when the person's day starts.",
)

MEANINGS_OF_EVENTS = {
    "ACCOUNT_OPENED": "The account was opened.",
    "ACCOUNT_REASONS_REQUIRED": "Which statuses need a reason was changed.",
    "USER_ADDED": "Somebody was added.",
    "USER_PREFERENCES_SET": "Somebody set his or her own preferences.",
    "TEAM_CREATED": "A team was made.",
    "TEAM_MEMBER_ADDED": "Somebody was put into a team, or became something else there.",
    "SESSION_OPENED": "Somebody signed in.",
    "SESSION_REVOKED": "A session was ended.",
    "KEY_CREATED": "An API key was made.",
    "KEY_REVOKED": "An API key was ended.",
    "PIPELINE_CREATED": "A pipeline was made.",
    "PIPELINE_RENAMED": "A pipeline got another name.",
    "PIPELINE_MOVED": "A pipeline got another place.",
    "PIPELINE_MADE_DEFAULT": "A pipeline became the default.",
    "PIPELINE_ARCHIVED": "A pipeline was closed to new leads.",
    "PIPELINE_RESTORED": "A pipeline was opened again.",
    "PIPELINE_DELETED": "A pipeline was deleted; its leads moved.",
    "STEP_CREATED": "A step was made.",
    "STEP_EDITED": "A step was changed.",
    "STEP_MOVED": "A step got another place.",
    "STEP_ARCHIVED": "A step was closed to new leads.",
    "STEP_RESTORED": "A step was opened again.",
    "STEP_DELETED": "A step was deleted; its leads moved.",
    "STEP_REBALANCED": "The ranks within a step were written anew; nobody's order changed.",
    "REASON_ADDED": "A reason was added.",
    "REASON_ARCHIVED": "A reason is offered no longer.",
    "REASON_RESTORED": "A reason is offered again.",
    "LEAD_CREATED": "A lead came up.",
    "LEAD_EDITED": "What is written on a lead was changed.",
    "LEAD_MOVED": "A lead went to another step, or to another place in its step.",
    "LEAD_ASSIGNED": "A lead was given to somebody, or to nobody.",
    "LEAD_CLAIMED": "Somebody took a lead that nobody owned.",
    "LEAD_STARRED": "A lead was marked as important.",
    "LEAD_UNSTARRED": "A lead is no longer marked.",
    "LEAD_STOOD_BY": "A lead was put away until a moment.",
    "LEAD_TAKEN_UP": "A lead was taken up again before its moment.",
    "LEAD_WON": "A lead was won.",
    "LEAD_LOST": "A lead was lost to a competitor.",
    "LEAD_CANCELLED": "A lead was cancelled: there was no sale at all.",
    "LEAD_REOPENED": "A closed lead was brought back.",
    "LEAD_CLOSING_CORRECTED": "When a lead was closed was corrected.",
    "REMINDER_SET": "A reminder was set.",
    "REMINDER_MOVED": "A reminder got another moment or other words.",
    "REMINDER_SNOOZED": "A reminder was put off.",
    "REMINDER_FIRED": "A reminder came due; if it was the waking one, the lead came back.",
    "REMINDER_DONE": "What a reminder asked for was done.",
    "REMINDER_CANCELLED": "A reminder was called off.",
    "NOTIFICATION_READ": "Somebody read notifications.",
    "NOTIFICATION_UNREAD": "Somebody marked notifications as not read.",
    "NOTIFICATION_ALL_READ": "Somebody read all notifications.",
    "NOTIFICATION_ARCHIVED": "Somebody put notifications away.",
    "VIEW_CREATED": "A list of leads was saved as a view.",
    "VIEW_EDITED": "A saved view was changed.",
    "VIEW_DELETED": "A saved view was deleted.",
    "ENDPOINT_CREATED": "An endpoint was made: a webhook, a device or a chat.",
    "ENDPOINT_EDITED": "An endpoint was changed.",
    "ENDPOINT_SECRET_ROTATED": "A webhook got a new secret; the former one signs too for a day.",
    "ENDPOINT_ENABLED": "An endpoint was switched on again.",
    "ENDPOINT_DISABLED": "An endpoint was switched off, by hand or because it is gone or has failed for days.",
    "ENDPOINT_DELETED": "An endpoint was deleted.",
    "LEAD_UNDONE": "A change of a lead was undone: all is as it was before.",
    "STEP_UNDONE": "The deletion of a step was undone; its leads are back.",
    "PIPELINE_UNDONE": "The deletion of a pipeline was undone; its leads are back.",
    "PREFERENCES_SET": "Somebody decided how to be told, or an administrator did for all.",
    "WATCH_SET": "Somebody watches something, or has muted it.",
    "WATCH_ENDED": "Somebody neither watches nor mutes something any more.",
    "REMINDER_AHEAD": "Somebody was told ahead of a reminder.",
    "REMINDER_SKIPPED": "One of a series of reminders was left out.",
    "REMINDER_SERIES_ENDED": "A series of reminders came to its end, or was ended.",
    "REMINDER_POSTPONED": "A reminder on inactivity waits anew: somebody touched the lead, or nobody since it fired.",
    "REMINDER_DISSOLVED": "A reminder was cancelled by the clock: what it names as `until` had happened.",
    "REMINDER_ESCALATED": "A reminder was not acknowledged in time: others are told.",
    "REMINDER_ACKNOWLEDGED": "A reminder was acknowledged in time: nobody else is told.",
    "DELIVERY_REPLAYED": "A delivery that had been given up was sent on its way again.",
    "DELIVERY_CANCELLED": "A delivery was called off.",
    "DELIVERIES_REPLAYED": "Many deliveries that had been given up were sent on their way again.",
    "CALENDAR_FEED_CREATED": "Somebody made a secret address of their calendar.",
    "CALENDAR_FEED_ROTATED": "Somebody gave their calendar another secret address.",
    "CALENDAR_FEED_REVOKED": "Somebody ended a secret address of their calendar.",
    "USER_EMAIL_BOUNCED": "An e-mail came back for good: nothing goes to that address until its person confirms it.",
    "USER_EMAIL_CONFIRMED": "Somebody confirmed or changed the address that e-mails go to.",
}

described(
    Kind, "What happened. Kinds are appended: treat an unknown one by its text.", name="EventKind", **MEANINGS_OF_EVENTS
)
