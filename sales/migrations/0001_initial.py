from tortoise import migrations
from tortoise.migrations import operations as ops
import datetime
from orjson import loads
from sales.accounts import Privacy
from sales.deliveries import Channel, DeliveryOutcome, DeliveryState
from sales.failures import Stage
from sales.fields import WallTime
from sales.ids import new_id
from sales.leads import Status
from sales.notifications import NotificationKind
from sales.reminders import ReminderState
from sales.teams import TeamPrivacy
from sales.users import Role
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.data import JSON_DUMPS
from uuid import uuid4
from tortoise import fields


class Migration(migrations.Migration):
    initial = True

    operations = [
        ops.CreateModel(
            name="Account",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("name", fields.CharField(max_length=120)),
                (
                    "privacy",
                    fields.CharEnumField(
                        default=Privacy.SHARED,
                        description="SHARED: SHARED\nPRIVATE: PRIVATE",
                        enum_type=Privacy,
                        max_length=20,
                    ),
                ),
                ("locale", fields.CharField(default="en", max_length=10)),
                ("currency", fields.CharField(default="EUR", max_length=3)),
                ("time_zone", fields.CharField(default="Europe/Paris", max_length=64)),
                (
                    "reason_required",
                    ArrayField(default=list, description="The closed statuses that need a reason", element_type="TEXT"),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "accounts",
                "app": "sales",
                "pk_attr": "id",
                "table_description": "One company: the tenant.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="ApiKey",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("account_id", fields.UUIDField()),
                ("user_id", fields.UUIDField(description="The person for whom the script acts")),
                ("name", fields.CharField(max_length=120)),
                ("prefix", fields.CharField(max_length=16)),
                ("token_hash", fields.CharField(description="SHA-256 of the key, in hexadecimal", max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("last_used_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "api_keys",
                "app": "sales",
                "pk_attr": "id",
                "table_description": "A key of a script; shown once, stored as a hash, recognised by its prefix.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Delivery",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("account_id", fields.UUIDField()),
                ("notification_id", fields.UUIDField()),
                ("user_id", fields.UUIDField()),
                ("channel", fields.CharEnumField(description="EMAIL: EMAIL", enum_type=Channel, max_length=10)),
                (
                    "state",
                    fields.CharEnumField(
                        default=DeliveryState.PENDING,
                        description="PENDING: PENDING\nSENT: SENT\nDEAD: DEAD\nCANCELLED: CANCELLED",
                        enum_type=DeliveryState,
                        max_length=10,
                    ),
                ),
                ("attempt", fields.IntField(default=0)),
                (
                    "ambiguous",
                    fields.SmallIntField(default=0, description="Attempts that may have arrived without our knowing"),
                ),
                (
                    "next_at",
                    fields.DatetimeField(
                        description="When to look at it next; claiming pushes it by the lease",
                        auto_now=False,
                        auto_now_add=False,
                    ),
                ),
                ("lease", fields.UUIDField(null=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("done_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("last_error", fields.TextField(null=True, unique=False)),
            ],
            options={
                "table": "deliveries",
                "app": "sales",
                "pk_attr": "id",
                "table_description": "One notification on its way to one person through one channel; its id is the Message-ID.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DeliveryAttempt",
            fields=[
                ("delivery_id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("account_id", fields.UUIDField()),
                ("attempt", fields.IntField()),
                ("lease", fields.UUIDField()),
                ("claimed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "transmitting_at",
                    fields.DatetimeField(
                        null=True, description="From here on it may have arrived", auto_now=False, auto_now_add=False
                    ),
                ),
                ("ended_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "outcome",
                    fields.CharEnumField(
                        null=True,
                        description="SENT: SENT\nREFUSED: REFUSED\nREJECTED: REJECTED\nAMBIGUOUS: AMBIGUOUS\nINTERRUPTED: INTERRUPTED",
                        enum_type=DeliveryOutcome,
                        max_length=12,
                    ),
                ),
                ("error", fields.TextField(null=True, unique=False)),
            ],
            options={
                "table": "delivery_attempts",
                "app": "sales",
                "pk_attr": "delivery_id",
                "table_description": "One try at sending; the key is (delivery_id, attempt).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="DispatchCursor",
            fields=[
                ("account_id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("dispatched", fields.BigIntField(default=0)),
            ],
            options={
                "table": "dispatch_cursors",
                "app": "sales",
                "pk_attr": "account_id",
                "table_description": "How far the dispatch has read an account's journal.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Event",
            fields=[
                ("position", fields.BigIntField(primary_key=True, unique=True, db_index=True)),
                ("account_id", fields.UUIDField()),
                ("kind", fields.CharField(max_length=40)),
                (
                    "at",
                    fields.DatetimeField(
                        description="When it was written; never runs backwards within an account",
                        auto_now=False,
                        auto_now_add=False,
                    ),
                ),
                (
                    "happened_at",
                    fields.DatetimeField(
                        description="When it took place in business", auto_now=False, auto_now_add=False
                    ),
                ),
                ("actor", fields.CharField(description="USER, KEY or CLOCK", max_length=10)),
                ("actor_id", fields.UUIDField(null=True, description="The person, also where a key acted for one")),
                ("key_id", fields.UUIDField(null=True)),
                ("request_id", fields.CharField(null=True, max_length=64)),
                ("subject_id", fields.UUIDField()),
                ("lead_id", fields.UUIDField(null=True)),
                ("lead_version", fields.BigIntField(null=True)),
                ("owner_id", fields.UUIDField(null=True, description="The lead's owner after the event")),
                (
                    "caused_by",
                    fields.BigIntField(null=True, description="Position of the bulk event that this is a part of"),
                ),
                (
                    "changes",
                    fields.JSONField(
                        description="{column: [from, to]} of the subject, {table: {id: ...}} of others",
                        encoder=JSON_DUMPS,
                        decoder=loads,
                    ),
                ),
                (
                    "private",
                    fields.JSONField(
                        description="The same for free text; emptied when a person is erased",
                        encoder=JSON_DUMPS,
                        decoder=loads,
                    ),
                ),
                (
                    "data",
                    fields.JSONField(
                        description="What else a reader needs; its meaning depends on the kind",
                        encoder=JSON_DUMPS,
                        decoder=loads,
                    ),
                ),
            ],
            options={
                "table": "journal",
                "app": "sales",
                "pk_attr": "position",
                "table_description": "Something that happened; the key is (account_id, position).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Failure",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("account_id", fields.UUIDField()),
                (
                    "stage",
                    fields.CharEnumField(
                        description="CLOCK: CLOCK\nDISPATCH: DISPATCH", enum_type=Stage, max_length=10
                    ),
                ),
                ("subject", fields.CharField(description="The reminder's id, or the event's position", max_length=64)),
                ("tries", fields.IntField(default=1)),
                ("error", fields.TextField(unique=False)),
                ("first_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("last_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("set_aside_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("replayed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "failures",
                "app": "sales",
                "pk_attr": "id",
                "table_description": "An event or a reminder that failed, how often, and why.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="IdempotencyKey",
            fields=[
                ("key", fields.CharField(primary_key=True, unique=True, db_index=True, max_length=300)),
                ("account_id", fields.UUIDField()),
                ("actor_id", fields.UUIDField()),
                ("input_hash", fields.CharField(max_length=64)),
                ("outcome", fields.JSONField(null=True, encoder=JSON_DUMPS, decoder=loads)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "idempotency_keys",
                "app": "sales",
                "pk_attr": "key",
                "table_description": "A request that was carried out; the key is (account_id, actor_id, key).",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="JournalHead",
            fields=[
                ("account_id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("position", fields.BigIntField(default=0)),
                ("last_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("lead_number", fields.BigIntField(default=0)),
            ],
            options={
                "table": "journal_heads",
                "app": "sales",
                "pk_attr": "account_id",
                "table_description": "How far an account's journal has come; every writer locks it, last of all, in its last statement.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Lead",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("account_id", fields.UUIDField()),
                ("number", fields.BigIntField(description="For people: 1, 2, 3, ... within the account")),
                ("version", fields.BigIntField(default=1, description="Grows with each change that a person can see")),
                ("title", fields.CharField(max_length=200)),
                ("description", fields.TextField(default="", unique=False)),
                ("amount", fields.DecimalField(null=True, max_digits=18, decimal_places=4)),
                (
                    "currency",
                    fields.CharField(null=True, description="ISO 4217; set exactly when the amount is", max_length=3),
                ),
                ("probability", fields.SmallIntField(null=True, description="Per cent; null means the step's")),
                ("expected_close_on", fields.DateField(null=True)),
                ("is_starred", fields.BooleanField(default=False)),
                (
                    "status",
                    fields.CharEnumField(
                        description="TODO: TODO\nSTANDBY: STANDBY\nWON: WON\nLOST: LOST\nCANCELLED: CANCELLED",
                        enum_type=Status,
                        max_length=10,
                    ),
                ),
                ("status_changed_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("closed_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("reason_id", fields.UUIDField(null=True)),
                ("waking_reminder_id", fields.UUIDField(null=True, description="Set exactly in STANDBY")),
                ("step_id", fields.UUIDField()),
                ("step_entered_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("rank", fields.CharField(description="Order within the step, by bytes; unique there", max_length=64)),
                ("owner_id", fields.UUIDField(null=True)),
                ("created_by_id", fields.UUIDField()),
                (
                    "created_at",
                    fields.DatetimeField(
                        description="When the lead came up; may be back-dated", auto_now=False, auto_now_add=False
                    ),
                ),
            ],
            options={
                "table": "leads",
                "app": "sales",
                "pk_attr": "id",
                "table_description": "A real chance of a sale.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Membership",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("account_id", fields.UUIDField()),
                ("team_id", fields.UUIDField()),
                ("user_id", fields.UUIDField()),
                ("is_manager", fields.BooleanField(default=False)),
            ],
            options={
                "table": "memberships",
                "app": "sales",
                "pk_attr": "id",
                "table_description": "A person in a team, as member or as manager.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Notification",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("account_id", fields.UUIDField()),
                ("user_id", fields.UUIDField()),
                (
                    "kind",
                    fields.CharEnumField(
                        description="REMINDER_DUE: REMINDER_DUE\nLEAD_ASSIGNED: LEAD_ASSIGNED\nLEAD_TAKEN_AWAY: LEAD_TAKEN_AWAY\nSTATUS_CHANGED: STATUS_CHANGED\nSTEP_CHANGED: STEP_CHANGED\nAMOUNT_CHANGED: AMOUNT_CHANGED",
                        enum_type=NotificationKind,
                        max_length=20,
                    ),
                ),
                ("position", fields.BigIntField(description="The event in the journal")),
                ("lead_id", fields.UUIDField(null=True)),
                ("reminder_id", fields.UUIDField(null=True)),
                ("dedupe_key", fields.CharField(description="One notification per event and person", max_length=120)),
                ("in_app", fields.BooleanField(default=True, description="Shown in the inbox")),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "visible_at",
                    fields.DatetimeField(description="Held back until then", auto_now=False, auto_now_add=False),
                ),
                ("read_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("archived_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "cancelled_at",
                    fields.DatetimeField(
                        null=True, description="Ended before it became visible", auto_now=False, auto_now_add=False
                    ),
                ),
            ],
            options={
                "table": "notifications",
                "app": "sales",
                "pk_attr": "id",
                "table_description": "One person told of one event; the words are made from the event in the reader's language.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Pipeline",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("account_id", fields.UUIDField()),
                ("name", fields.CharField(max_length=120)),
                ("position", fields.IntField(description="Order among the account's pipelines, from 1")),
                ("is_default", fields.BooleanField(default=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("archived_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "pipelines",
                "app": "sales",
                "pk_attr": "id",
                "table_description": "Ordered steps that a lead goes through; exactly one of an account is the default.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Reason",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("account_id", fields.UUIDField()),
                (
                    "status",
                    fields.CharEnumField(
                        description="TODO: TODO\nSTANDBY: STANDBY\nWON: WON\nLOST: LOST\nCANCELLED: CANCELLED",
                        enum_type=Status,
                        max_length=10,
                    ),
                ),
                ("label", fields.CharField(max_length=120)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("archived_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "reasons",
                "app": "sales",
                "pk_attr": "id",
                "table_description": "Why a lead was closed, in the words of the account.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Reminder",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("account_id", fields.UUIDField()),
                ("lead_id", fields.UUIDField()),
                (
                    "user_id",
                    fields.UUIDField(
                        null=True, description="Who is reminded; null: whoever owns the lead when it fires"
                    ),
                ),
                ("created_by_id", fields.UUIDField()),
                ("wakes", fields.BooleanField(default=False, description="It brings a standby lead back to TODO")),
                (
                    "state",
                    fields.CharEnumField(
                        default=ReminderState.PENDING,
                        description="PENDING: PENDING\nFIRED: FIRED\nDONE: DONE\nCANCELLED: CANCELLED",
                        enum_type=ReminderState,
                        max_length=10,
                    ),
                ),
                ("due_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                (
                    "notify_at",
                    fields.DatetimeField(
                        description="When to tell people: a date alone waits for their morning",
                        auto_now=False,
                        auto_now_add=False,
                    ),
                ),
                ("local_date", fields.DateField(null=True)),
                ("local_time", WallTime(null=True, auto_now=False, auto_now_add=False)),
                ("time_zone", fields.CharField(null=True, max_length=64)),
                ("activity", fields.CharField(default="", max_length=60)),
                ("note", fields.TextField(default="", unique=False)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("fired_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                (
                    "ended_at",
                    fields.DatetimeField(
                        null=True, description="When it was done or cancelled", auto_now=False, auto_now_add=False
                    ),
                ),
                (
                    "set_aside_at",
                    fields.DatetimeField(
                        null=True,
                        description="The clock gave up on it; see failures",
                        auto_now=False,
                        auto_now_add=False,
                    ),
                ),
            ],
            options={
                "table": "reminders",
                "app": "sales",
                "pk_attr": "id",
                "table_description": "A moment at which somebody wants to come back to a lead.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Session",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("account_id", fields.UUIDField()),
                ("user_id", fields.UUIDField()),
                (
                    "token_hash",
                    fields.CharField(description="SHA-256 of the bearer token, in hexadecimal", max_length=64),
                ),
                ("device", fields.CharField(max_length=120)),
                ("address", fields.CharField(max_length=64)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("last_used_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("revoked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "sessions",
                "app": "sales",
                "pk_attr": "id",
                "table_description": "A device on which somebody is signed in; the token itself is never stored.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="SignInAttempt",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("email_hash", fields.CharField(max_length=64)),
                ("client", fields.CharField(max_length=64)),
                ("at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "sign_in_attempts",
                "app": "sales",
                "pk_attr": "id",
                "table_description": "A sign-in that failed or is still being checked, counted per e-mail address and per client address.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Step",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("account_id", fields.UUIDField()),
                ("pipeline_id", fields.UUIDField()),
                ("name", fields.CharField(max_length=60)),
                ("position", fields.IntField(description="Order within the pipeline, from 1, archived steps included")),
                ("probability", fields.SmallIntField(null=True, description="Per cent; used until a lead has its own")),
                (
                    "expected_dwell",
                    fields.BigIntField(null=True, description="How long a lead should stay, in seconds"),
                ),
                (
                    "guards",
                    ArrayField(default=list, description="Lead fields that must be filled", element_type="TEXT"),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("archived_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={"table": "steps", "app": "sales", "pk_attr": "id", "table_description": "A place in a pipeline."},
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Team",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("account_id", fields.UUIDField()),
                ("name", fields.CharField(max_length=120)),
                (
                    "privacy",
                    fields.CharEnumField(
                        default=TeamPrivacy.MANAGERS_SEE,
                        description="MEMBERS_SHARE: MEMBERS_SHARE\nMANAGERS_SEE: MANAGERS_SEE",
                        enum_type=TeamPrivacy,
                        max_length=20,
                    ),
                ),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "teams",
                "app": "sales",
                "pk_attr": "id",
                "table_description": "Some people of an account, and how much they see of each other's leads.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="User",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("account_id", fields.UUIDField()),
                ("name", fields.CharField(max_length=120)),
                ("email", fields.CharField(max_length=254)),
                ("password_hash", fields.TextField(description="argon2id, in the PHC string format", unique=False)),
                (
                    "role",
                    fields.CharEnumField(
                        default=Role.USER,
                        description="ADMINISTRATOR: ADMINISTRATOR\nTEAM_MANAGER: TEAM_MANAGER\nUSER: USER",
                        enum_type=Role,
                        max_length=20,
                    ),
                ),
                ("locale", fields.CharField(max_length=10)),
                ("time_zone", fields.CharField(max_length=64)),
                (
                    "day_starts_at",
                    WallTime(
                        default=datetime.time.fromisoformat("08:00:00"),
                        description="When to tell of what is due on a day",
                        auto_now=False,
                        auto_now_add=False,
                    ),
                ),
                ("notify_in_app", fields.BooleanField(default=True)),
                ("notify_by_email", fields.BooleanField(default=True)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("deactivated_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "users",
                "app": "sales",
                "pk_attr": "id",
                "table_description": "A person who signs in, owns leads and is reminded.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="Worker",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("name", fields.CharField(max_length=120)),
                ("started_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("beat_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "workers",
                "app": "sales",
                "pk_attr": "id",
                "table_description": "A worker process and when it was last heard of.",
            },
            bases=["Model"],
        ),
    ]
