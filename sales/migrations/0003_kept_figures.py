"""What is kept so that nobody has to count or search: totals by step, when to come back to a lead, its plain text."""

from tortoise import migrations
from tortoise.migrations import operations as ops
from sales.ids import new_id
from sales.leads import Status
from uuid import uuid4
from tortoise import fields

COLUMNS = ("account_id", "step_id", "status", "owner_id", "currency", "amount", "probability")
"""What a total depends on."""

# Per cent by multiplying, which is exact for any amount, where a division would round.
TOTALS = f"""
  insert into lead_totals as t
    (id, account_id, step_id, status, owner_id, currency, leads, amount, weighted, unweighted)
  select uuidv7(), c.* from (
    select account_id, step_id, status, owner_id, currency, sum(n) as leads,
      coalesce(sum(n * amount), 0) as amount,
      coalesce(sum(n * amount * probability * 0.01), 0) as weighted,
      coalesce(sum(n * amount) filter (where probability is null), 0) as unweighted
    from (/*rows*/) as rows (n, {", ".join(COLUMNS)}) group by 1, 2, 3, 4, 5) c
  where (c.leads, c.amount, c.weighted, c.unweighted) <> (0, 0, 0, 0)
    and (select true from steps s where s.id = c.step_id)
  order by c.account_id, c.step_id, c.status, c.owner_id, c.currency
  on conflict (account_id, step_id, status, owner_id, currency) do update set leads = t.leads + excluded.leads,
    amount = t.amount + excluded.amount, weighted = t.weighted + excluded.weighted,
    unweighted = t.unweighted + excluded.unweighted;
"""
"""Adds what rows come to, each counted `n` times. A step that the same statement deletes takes its totals along."""


def add_to_totals(rows: str) -> str:
    return TOTALS.replace("/*rows*/", rows)


def of(record: str) -> str:
    return ", ".join(f"{record}.{column}" for column in COLUMNS)


KEEP_TOTALS = f"""
create function keep_lead_totals() returns trigger language plpgsql as $$ begin
  {add_to_totals(f"values (1, {of('new')}), (-1, {of('old')})")}
  return null;
end $$
"""

KEEP_TOTALS_OF_MANY = f"""
create function keep_lead_totals_of_many() returns trigger language plpgsql as $$ begin
  if tg_op = 'INSERT' then {add_to_totals(f"select 1, {of('l')} from added l")}
  elsif tg_op = 'DELETE' then {add_to_totals(f"select -1, {of('l')} from removed l")}
  else {add_to_totals(f"select 1, {of('l')} from added l union all select -1, {of('l')} from removed l")}
  end if;
  return null;
end $$
"""

# The head first: the account's writers hold it, so nobody else changes its leads or totals until this ends.
REBUILD_TOTALS = f"""
create function rebuild_lead_totals(account uuid) returns void language plpgsql as $$ begin
  perform from journal_heads where account_id = account for no key update;
  delete from lead_totals where account_id = account;
  {add_to_totals(f"select 1, {of('l')} from leads l where l.account_id = account")}
end $$
"""

# Loads come thousands at a time, so they are counted by statement. Changes come one by one, and most change no total:
# by row these cost nothing and a move 75 microseconds; by statement it was 60 for each and 150 for a move. A verb that
# changes thousands says so: by row the versions of one total would pile up, and each change walk over all before it.
AT_ONCE = "current_setting('relance.count_at_once', true)"

TOTALS_TRIGGERS = (
    """create trigger leads_totals_insert after insert on leads referencing new table as added
       for each statement execute function keep_lead_totals_of_many()""",
    """create trigger leads_totals_delete after delete on leads referencing old table as removed
       for each statement execute function keep_lead_totals_of_many()""",
    f"""create trigger leads_totals_at_once after update on leads referencing old table as removed new table as added
        for each statement when ({AT_ONCE} = 'on') execute function keep_lead_totals_of_many()""",
    f"""create trigger leads_totals_update after update of {", ".join(COLUMNS)} on leads
        for each row when (({of("old")}) is distinct from ({of("new")}) and {AT_ONCE} is distinct from 'on')
        execute function keep_lead_totals()""",
)

FIRST_REMINDER = """(select min(r.due_at) from reminders r
  where r.account_id = {lead}.account_id and r.lead_id = {lead}.id and r.state in ('PENDING', 'FIRED')
    and coalesce(r.user_id, {lead}.owner_id) = {lead}.owner_id)"""
"""The earliest open reminder that is the owner's: it names him or her, or nobody."""


def first_reminder(lead: str) -> str:
    return FIRST_REMINDER.replace("{lead}", lead)


# Who writes a reminder has locked its lead before, in the house's order.
TODO_AT = (
    f"""create function keep_todo_at() returns trigger language plpgsql as $$ begin
          update leads l set todo_at = {first_reminder("l")}
          where l.id in (new.lead_id, old.lead_id) and l.todo_at is distinct from {first_reminder("l")};
          return null;
        end $$""",
    f"""create function keep_todo_at_of_owner() returns trigger language plpgsql as $$ begin
          new.todo_at := {first_reminder("new")};
          return new;
        end $$""",
    """create trigger reminders_todo_at_new after insert on reminders
       for each row when (new.state in ('PENDING', 'FIRED')) execute function keep_todo_at()""",
    """create trigger reminders_todo_at after update of state, due_at, user_id, lead_id on reminders for each row
       when ((old.state in ('PENDING', 'FIRED'), old.due_at, old.user_id, old.lead_id)
         is distinct from (new.state in ('PENDING', 'FIRED'), new.due_at, new.user_id, new.lead_id))
       execute function keep_todo_at()""",
    """create trigger reminders_todo_at_gone after delete on reminders
       for each row when (old.state in ('PENDING', 'FIRED')) execute function keep_todo_at()""",
    """create trigger leads_todo_at before update of owner_id on leads
       for each row when (old.owner_id is distinct from new.owner_id) execute function keep_todo_at_of_owner()""",
)

TEXTS = (
    "create extension if not exists unaccent",
    "create extension if not exists pg_trgm",
    "create extension if not exists btree_gin",
    # unaccent() is merely stable, since its dictionary could be changed; ours is the one that it comes with.
    """create function plain_text(text) returns text language sql immutable strict parallel safe
       return lower(public.unaccent('public.unaccent'::regdictionary, $1))""",
    r"""create function containing_pattern(text) returns text language sql immutable strict parallel safe
        return '%' || regexp_replace(plain_text($1), '([\\%_])', '\\\1', 'g') || '%'""",
    # A line break stands between the two, so that nothing is found that is half title and half description.
    """create function keep_lead_text() returns trigger language plpgsql as $$ begin
         insert into lead_texts (account_id, lead_id, text)
         values (new.account_id, new.id, plain_text(new.title || E'\\n' || new.description))
         on conflict (lead_id) do update set text = excluded.text;
         return null;
       end $$""",
    """create trigger leads_text_insert after insert on leads for each row execute function keep_lead_text()""",
    """create trigger leads_text_update after update of title, description on leads for each row
       when ((old.title, old.description) is distinct from (new.title, new.description))
       execute function keep_lead_text()""",
)

FILLED = (
    "select rebuild_lead_totals(id) from accounts",
    f"""update leads l set todo_at = {first_reminder("l")}
        where exists (select from reminders r where r.account_id = l.account_id and r.lead_id = l.id
          and r.state in ('PENDING', 'FIRED'))""",
    """insert into lead_texts (account_id, lead_id, text)
       select account_id, id, plain_text(title || E'\\n' || description) from leads""",
)

INDEXES = (
    "alter table lead_totals add constraint lead_totals_of unique nulls not distinct "
    "(account_id, step_id, status, owner_id, currency)",
    # Its rows change all the time and no indexed column does: with room in the page they change in place.
    "alter table lead_totals set (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.02)",
    # All on leads are partial: on a young table, without statistics, a whole one that begins with the account would be
    # taken to check a reference to a lead, and each check would read the account.
    # The columns of the board: open leads in their order, however many closed ones lie between them.
    "create index leads_board on leads (account_id, step_id, rank) where status in ('TODO', 'STANDBY')",
    # The morning list: mine by their moment, in any open status until midnight, then only what is to do. It finds a
    # person's open leads as well as the index that it replaces.
    "drop index leads_owner_open",
    "create index leads_morning on leads (account_id, owner_id, todo_at, id) where status in ('TODO', 'STANDBY')",
    "create index leads_to_do on leads (account_id, owner_id, todo_at, id) where status = 'TODO'",
    # What ought to close this month; only open leads are expected to.
    """create index leads_expected on leads (account_id, expected_close_on, id)
       where status in ('TODO', 'STANDBY') and expected_close_on is not null""",
    # What was closed this month, latest first.
    "create index leads_closed on leads (account_id, closed_at, id) where closed_at is not null",
    # Newest first, by creation and by status there are indexes already. None by amount or by the moment of entering a
    # step: such lists are of open leads, which the board's index finds, and to sort those is cheaper than one more index
    # to write with each move.
    # The account is in it, so that common letters of other accounts are not read; gin can't do that alone.
    "create index lead_texts_letters on lead_texts using gin (account_id, text gin_trgm_ops)",
    # Changed rarely and looked up at once: what waits in a list for a later clean-up is read by every search.
    "alter index lead_texts_letters set (fastupdate = off)",
)

REFERENCES = (
    ("lead_totals", "step_id", "steps"),
    ("lead_totals", "owner_id", "users"),
    ("lead_texts", "lead_id", "leads"),
)


def references() -> list[str]:
    return [
        f"alter table {table} add constraint {table}_{column.removesuffix('_id')} "
        f"foreign key (account_id, {column}) references {target} (account_id, id) on delete cascade"
        for table, column, target in REFERENCES
    ]


def statements() -> list[str]:
    """Filled after the triggers are made: making them locks out writers until the migration ends."""
    functions = [KEEP_TOTALS, KEEP_TOTALS_OF_MANY, REBUILD_TOTALS, *TODO_AT[:2], *TEXTS[:6]]
    triggers = [*TOTALS_TRIGGERS, *TODO_AT[2:], *TEXTS[6:]]
    return [*functions, *INDEXES, *references(), *triggers, *FILLED]


class Migration(migrations.Migration):
    dependencies = [("sales", "0002_constraints")]

    initial = False

    operations = [
        ops.CreateModel(
            name="LeadText",
            fields=[
                ("lead_id", fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ("account_id", fields.UUIDField()),
                ("text", fields.TextField(unique=False)),
            ],
            options={
                "table": "lead_texts",
                "app": "sales",
                "pk_attr": "lead_id",
                "table_description": "The title and description of a lead in plain letters: small, without accents.",
            },
            bases=["Model"],
        ),
        ops.CreateModel(
            name="LeadTotal",
            fields=[
                ("id", fields.UUIDField(primary_key=True, default=new_id, unique=True, db_index=True)),
                ("account_id", fields.UUIDField()),
                ("step_id", fields.UUIDField()),
                (
                    "status",
                    fields.CharEnumField(
                        description="TODO: TODO\nSTANDBY: STANDBY\nWON: WON\nLOST: LOST\nCANCELLED: CANCELLED",
                        enum_type=Status,
                        max_length=10,
                    ),
                ),
                ("owner_id", fields.UUIDField(null=True, description="Null: nobody's")),
                ("currency", fields.CharField(null=True, description="Null: no amount is known", max_length=3)),
                ("leads", fields.BigIntField()),
                ("amount", fields.DecimalField(max_digits=38, decimal_places=4)),
                (
                    "weighted",
                    fields.DecimalField(
                        description="Amount times probability, of leads that have their own",
                        max_digits=38,
                        decimal_places=6,
                    ),
                ),
                (
                    "unweighted",
                    fields.DecimalField(
                        description="Amount of the others; the reader takes the step's probability",
                        max_digits=38,
                        decimal_places=4,
                    ),
                ),
            ],
            options={
                "table": "lead_totals",
                "app": "sales",
                "pk_attr": "id",
                "table_description": "What the leads of one step, status, owner and currency come to; a row whose leads are gone says 0.",
            },
            bases=["Model"],
        ),
        ops.AddField(
            model_name="Lead",
            name="todo_at",
            field=fields.DatetimeField(
                null=True,
                description="The earliest open reminder of its owner's; kept by triggers, in no event",
                auto_now=False,
                auto_now_add=False,
            ),
        ),
        ops.RunSQL(statements()),
    ]
