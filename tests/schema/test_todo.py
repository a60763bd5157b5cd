"""The morning list, the reminders and the inbox, as their owner sees them."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from sales import database
from sales.leads import Lead
from sales.moments import end_of_day
from sales.notifications import Notification, NotificationKind
from sales.reminders import Reminder
from sales.viewers import Viewer
from tests.api import Client, id_of, signed_in, written
from tests.factories import a_lead, a_user, last_event, reminders_of
from tests.turning import today

TODO = "{ todo { totalCount nodes { moment isLate lead { title } } } }"


async def test_the_morning_list_has_each_lead_once_by_its_earliest_moment(ada: Viewer, client: Client) -> None:
    ben, now = await a_user(ada, name="Ben"), await database.now()
    midnight = end_of_day(now, zone=ada.user.time_zone)
    for title in ("rest", "late", "tonight", "later", "bens", "won", "of ben"):
        lead = await a_lead(ada, title=title, owner=ben if title == "bens" else ada)
        id = id_of(lead)
        if title == "won":
            await client.do("leadWin", {"id": id})
        for moment in {"late": 2, "tonight": 1, "later": 1}.get(title, 0) * [{"after": "P8D"}]:
            await client.do("reminderSet", {"leadId": id, "at": moment})
        if title == "of ben":
            await client.do("reminderSet", {"leadId": id, "at": {"after": "P1D"}, "userId": id_of(ben.user)})
    await due("late", now - timedelta(days=2))
    await due("tonight", midnight - timedelta(microseconds=1))
    away = await a_lead(ada, title="away")
    await client.do("leadStandBy", {"id": id_of(away), "until": {"after": "P9D"}})
    back = await a_lead(ada, title="back tonight")
    await client.do("leadStandBy", {"id": id_of(back), "until": {"after": "P9D"}})
    await due("back tonight", midnight - timedelta(seconds=1))

    todo = await client.ask(TODO)

    titles = [node["lead"]["title"] for node in todo["nodes"]]
    assert titles == ["late", "back tonight", "tonight", "later", "rest", "of ben"]
    assert [node["isLate"] for node in todo["nodes"]] == [
        True,
        *[midnight - timedelta(seconds=1) < now] * 2,
        *[False] * 3,
    ]
    assert todo["totalCount"] == 6
    assert todo["nodes"][-1]["moment"] is None


@pytest.mark.parametrize(
    ("zone", "now", "end"),
    [
        ("Europe/Paris", "2026-11-23T08:00:00Z", "2026-11-23T23:00:00Z"),
        ("Europe/Paris", "2026-11-23T23:00:00Z", "2026-11-24T23:00:00Z"),
        ("Europe/Paris", "2026-03-29T00:00:00Z", "2026-03-29T22:00:00Z"),
        ("Europe/Paris", "2026-10-25T00:00:00Z", "2026-10-25T23:00:00Z"),
        ("Asia/Beirut", "2026-03-28T12:00:00Z", "2026-03-28T22:00:00Z"),
        ("Pacific/Apia", "2011-12-29T12:00:00Z", "2011-12-30T10:00:00Z"),
    ],
)
def test_a_day_ends_when_the_next_one_begins_there(zone: str, now: str, end: str) -> None:
    assert end_of_day(datetime.fromisoformat(now), zone=zone) == datetime.fromisoformat(end)


async def test_a_lead_that_came_back_shows_how_late_it_is(ada: Viewer, client: Client) -> None:
    lead = await a_lead(ada, title="back")
    await client.do("leadStandBy", {"id": id_of(lead), "until": {"after": "P1D"}})
    [waking] = await reminders_of(lead)
    due_at = datetime.combine(await today(ada) - timedelta(days=3), time(9), ZoneInfo("Europe/Paris")).astimezone(UTC)
    query = "query ($id: ID!) { lead(id: $id) { dueAt isOverdue daysLate nextReminder { id } } }"

    before = await client.ask(query, id=id_of(lead))
    await database.fetch("update leads set status = 'TODO', waking_reminder_id = null where id = $1", lead.id)
    await Reminder.filter(id=waking.id).update(state="FIRED", due_at=due_at, notify_at=due_at, fired_at=due_at)
    after = await client.ask(query, id=id_of(lead))

    assert (before["isOverdue"], before["daysLate"]) == (False, 0)
    assert before["nextReminder"] == {"id": id_of(waking)}
    assert after == {
        "dueAt": written(due_at), "isOverdue": True, "daysLate": 3, "nextReminder": None,
    }  # fmt: skip


async def test_reminders_are_mine_unless_the_filter_says_whose(ada: Viewer, client: Client) -> None:
    ben = await a_user(ada, name="Ben")
    lead, other = await a_lead(ada, title="mine"), await a_lead(ada, title="bens", owner=ben)
    await client.do("leadStandBy", {"id": id_of(lead), "until": {"after": "P2D"}})
    await client.do("reminderSet", {"leadId": id_of(other), "at": {"after": "P1D"}})
    await client.do("reminderSet", {"leadId": id_of(lead), "at": {"after": "P3D"}, "userId": id_of(ben.user)})
    query = "query ($f: ReminderFilter) { reminders(filter: $f) { nodes { user { name } lead { title } state } } }"

    mine = (await client.ask(query))["nodes"]
    bens = (await client.ask(query, f={"user": {"eq": id_of(ben.user)}}))["nodes"]
    soon = (await client.ask(query, f={"due": {"lt": {"ahead": "PT30H"}}, "states": ["PENDING"]}))["nodes"]
    of_lead = (await client.ask(query, f={"lead": {"eq": id_of(lead)}, "user": {}}))["nodes"]
    none = (await client.ask(query, f={"states": []}))["nodes"]

    assert [node["lead"]["title"] for node in mine] == ["bens", "mine"]
    assert mine[1]["user"] is None
    assert [node["user"]["name"] for node in bens] == ["Ben"]
    assert [node["lead"]["title"] for node in soon] == ["bens"]
    assert len(of_lead) == 2
    assert none == []


async def test_a_reminder_is_moved_snoozed_and_done(ada: Viewer, client: Client) -> None:
    lead = await a_lead(ada)
    fields = "reminder { id state note activity dueAt localDate localTime timeZone endedAt }"
    local = {"date": "2027-07-14", "time": "09:30", "timeZone": "Asia/Tokyo"}

    made = await client.do("reminderSet", {"leadId": id_of(lead), "at": {"local": local}, "note": "Ring"}, fields)
    id = made["reminder"]["id"]
    moved = await client.do("reminderMove", {"id": id, "at": {"on": "2027-07-20"}}, fields)
    done = await client.do("reminderDone", {"id": id}, fields)
    late = await client.do(
        "reminderSnooze", {"id": id, "until": {"after": "P1D"}}, "errors { ... on ReminderNotPending { state since } }"
    )

    assert made["reminder"]["dueAt"] == "2027-07-14T00:30:00Z"
    assert [made["reminder"][name] for name in ("localDate", "localTime", "timeZone")] == [
        "2027-07-14", "09:30:00", "Asia/Tokyo",
    ]  # fmt: skip
    assert moved["reminder"]["dueAt"] == "2027-07-19T22:00:00Z"
    assert moved["reminder"]["note"] == "Ring"
    assert done["reminder"]["state"] == "DONE"
    [error] = late["errors"]
    assert (error["code"], error["state"], error["since"]) == (
        "REMINDER_NOT_PENDING",
        "DONE",
        done["reminder"]["endedAt"],
    )


async def test_the_inbox_is_read_marked_and_put_away(ada: Viewer, client: Client) -> None:
    ben = await a_user(ada, name="Ben")
    lead = await a_lead(ben, title="Barn", owner=ada)
    first, second = [await told(ada, lead) for _ in range(2)]
    ids = [id_of(second), id_of(first)]
    query = """query ($f: NotificationFilter) { notifications(filter: $f) { unreadCount totalCount
      nodes { id kind text at readAt lead { title } event { kind } reminder { id } } } }"""

    inbox = await client.ask(query)
    read = await client.do("notificationMarkRead", {"ids": ids[:1]}, "notifications { id readAt }")
    unread = await client.ask(query, f={"isUnread": True})
    await client.do("notificationMarkUnread", {"ids": ids[:1]})
    everything = await client.do("notificationMarkAllRead", {}, "viewer { unreadCount }")
    await client.do("notificationArchive", {"ids": ids[:1]})
    kept, archived = await client.ask(query), await client.ask(query, f={"isArchived": True})

    assert [node["id"] for node in inbox["nodes"]] == ids
    assert inbox["unreadCount"] == inbox["totalCount"] == 2
    assert inbox["nodes"][0] | {"id": None, "at": None} == {
        "id": None, "kind": "LEAD_ASSIGNED", "text": "Ben gave you the lead “Barn”.", "at": None, "readAt": None,
        "lead": {"title": "Barn"}, "event": {"kind": "LEAD_CREATED"}, "reminder": None,
    }  # fmt: skip
    assert read["notifications"][0]["readAt"] is not None
    assert [node["id"] for node in unread["nodes"]] == ids[1:]
    assert everything["viewer"] == {"unreadCount": 0}
    assert [node["id"] for node in kept["nodes"]] == ids[1:]
    assert [node["id"] for node in archived["nodes"]] == ids[:1]


async def test_what_was_told_after_a_moment_stays_unread(ada: Viewer, client: Client) -> None:
    lead = await a_lead(ada)
    first, second = await told(ada, lead), await told(ada, lead)
    await Notification.filter(id=second.id).update(visible_at=first.visible_at + timedelta(microseconds=1))

    await client.do("notificationMarkAllRead", {"upTo": first.visible_at.isoformat()})

    assert (await Notification.get(id=first.id)).read_at is not None
    assert (await Notification.get(id=second.id)).read_at is None


async def test_nobody_reads_another_persons_inbox(ada: Viewer, client: Client) -> None:
    ben = await a_user(ada, name="Ben")
    notification = await told(ada, await a_lead(ada))

    bens = await signed_in(ben)

    assert (await bens.ask("{ notifications { totalCount } }")) == {"totalCount": 0}
    payload = await bens.do("notificationMarkRead", {"ids": [id_of(notification)]})
    assert [error["code"] for error in payload["errors"]] == ["NOT_FOUND"]


async def due(title: str, at: datetime) -> None:
    """Turn the clock of one reminder of the lead of this title, as time itself would."""
    lead = await Lead.filter(title=title).order_by("-created_at").first()
    assert lead is not None
    reminder = await Reminder.filter(lead_id=lead.id).order_by("due_at").first()
    assert reminder is not None
    await Reminder.filter(id=reminder.id).update(due_at=at, notify_at=at)


async def told(viewer: Viewer, lead: Lead) -> Notification:
    event = await last_event(viewer)
    return await Notification.create(
        account_id=viewer.account.id, user_id=viewer.user.id, kind=NotificationKind.LEAD_ASSIGNED,
        position=event.position, lead_id=lead.id, dedupe_key=str(await Notification.all().count()),
        created_at=event.at, visible_at=event.at,
    )  # fmt: skip
