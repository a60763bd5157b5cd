"""Saved views."""

from orjson import loads
from tortoise import fields, migrations
from tortoise.contrib.postgres.fields import ArrayField
from tortoise.fields.data import JSON_DUMPS
from tortoise.migrations import operations as ops

from sales.ids import new_id
from sales.views import Layout

CONSTRAINTS = (
    """alter table saved_views add constraint saved_views_user
       foreign key (account_id, user_id) references users (account_id, id)""",
    "alter table saved_views add constraint saved_views_layout_valid check (layout in ('TABLE', 'CARDS', 'BOARD'))",
    # A person's own, and by its beginning those of an account.
    "create unique index saved_views_name on saved_views (account_id, user_id, lower(name))",
)


class Migration(migrations.Migration):
    dependencies = [("sales", "0003_kept_figures")]

    initial = False

    operations = [
        ops.CreateModel(
            name="SavedView",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("account_id", fields.UUIDField()),
                ("user_id", fields.UUIDField(description="Whose it is")),
                ("name", fields.CharField(max_length=120)),
                ("is_shared", fields.BooleanField(default=False, description="Everybody in the account sees it")),
                (
                    "layout",
                    fields.CharEnumField(
                        description="TABLE: TABLE\nCARDS: CARDS\nBOARD: BOARD", enum_type=Layout, max_length=10
                    ),
                ),
                (
                    "lead_filter",
                    fields.JSONField(
                        description="As clients write it; {} means all leads", encoder=JSON_DUMPS, decoder=loads
                    ),
                ),
                (
                    "order_by",
                    fields.JSONField(
                        description="As clients write it; [] means newest first", encoder=JSON_DUMPS, decoder=loads
                    ),
                ),
                ("columns", ArrayField(default=list, description="What a table shows, in order", element_type="TEXT")),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "saved_views",
                "app": "sales",
                "pk_attr": "id",
                "table_description": "A filter, an order and a layout of leads under a name; its person's own, or "
                "shared with the account.",
            },
            bases=["Model"],
        ),
        ops.RunSQL(list(CONSTRAINTS)),
    ]
