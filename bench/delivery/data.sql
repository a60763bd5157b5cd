-- $PENDING leads that wait, $PEOPLE people, $ACCOUNTS accounts; rows find each other by their numbers, and ids lie in
-- the order of numbers, as UUIDv7 do.

create function pg_temp.uid(kind text, n bigint) returns uuid language sql immutable as $$
  select (lpad(to_hex(1750000000000 + n), 12, '0') || '7' || substr(md5(kind || n), 1, 3)
    || '8' || substr(md5(kind || n), 4, 15))::uuid
$$;

insert into accounts (id, name, privacy, locale, currency, time_zone, reason_required, created_at)
select pg_temp.uid('account', a), 'Account ' || a, 'SHARED', 'en', 'EUR', 'Europe/Paris', '{}', now()
from generate_series(0, $ACCOUNTS - 1) a;
insert into dispatch_cursors (account_id, dispatched)
select pg_temp.uid('account', a), 0 from generate_series(0, $ACCOUNTS - 1) a;
insert into journal_heads (account_id, position, last_at, lead_number)
select pg_temp.uid('account', a), 0, now(), $PENDING from generate_series(0, $ACCOUNTS - 1) a;

insert into users (id, account_id, name, email, password_hash, role, locale, time_zone, day_starts_at, notify_in_app,
  notify_by_email, created_at)
select pg_temp.uid('user', u), pg_temp.uid('account', u % $ACCOUNTS), 'Person ' || u, 'p' || u || '@bench.example', '-',
  case when u < $ACCOUNTS then 'ADMINISTRATOR' else 'USER' end, 'en', 'Europe/Paris', '08:00', true, true, now()
from generate_series(0, $PEOPLE - 1) u;

insert into sessions (id, account_id, user_id, token_hash, device, address, created_at, last_used_at, expires_at)
values (pg_temp.uid('session', 0), pg_temp.uid('account', 0), pg_temp.uid('user', 0), '$TOKEN_HASH', 'bench', '127.0.0.1',
  now(), now(), now() + interval '1 day');

insert into pipelines (id, account_id, name, position, is_default, created_at)
select pg_temp.uid('pipeline', a), pg_temp.uid('account', a), 'Sales', 1, true, now()
from generate_series(0, $ACCOUNTS - 1) a;
insert into steps (id, account_id, pipeline_id, name, position, guards, created_at)
select pg_temp.uid('step', a), pg_temp.uid('account', a), pg_temp.uid('pipeline', a), 'Contacted', 1, '{}', now()
from generate_series(0, $ACCOUNTS - 1) a;

insert into leads (id, account_id, number, version, title, description, is_starred, status, status_changed_at,
  waking_reminder_id, step_id, step_entered_at, rank, owner_id, created_by_id, created_at)
select pg_temp.uid('lead', n), pg_temp.uid('account', n % $ACCOUNTS), n / $ACCOUNTS + 1, 1, 'Lead ' || n, '', false,
  'STANDBY', now(), pg_temp.uid('reminder', n), pg_temp.uid('step', n % $ACCOUNTS), now(), lpad(n::text, 10, '0') || 'V',
  pg_temp.uid('user', n % $ACCOUNTS + $ACCOUNTS * (n / $ACCOUNTS % ($PEOPLE / $ACCOUNTS))),
  pg_temp.uid('user', n % $ACCOUNTS), now()
from generate_series(0::bigint, $PENDING - 1) n;

insert into reminders (id, account_id, lead_id, created_by_id, wakes, state, due_at, notify_at, activity, note, created_at)
select pg_temp.uid('reminder', n), pg_temp.uid('account', n % $ACCOUNTS), pg_temp.uid('lead', n),
  pg_temp.uid('user', n % $ACCOUNTS), true, 'PENDING', due, due, 'call', '', now()
from generate_series(0::bigint, $PENDING - 1) n, lateral (select now() + interval '30 days' + n * interval '1 s' as due) d;

-- Each hears of the reminders of its own people: one endpoint an account, or as many as share one.
insert into endpoints (id, account_id, kind, name, address, shown, secret, events, lead_filter, created_at, failures)
select pg_temp.uid('endpoint', e), pg_temp.uid('account', e % $ACCOUNTS), 'WEBHOOK', 'Hook ' || e, '$ADDRESS',
  'http://127.0.0.1', '$SECRET', '{reminder.fired,lead.assigned}',
  case when $ACCOUNTS >= $ENDPOINTS then '{}' else jsonb_build_object('ownerIds', (
    select jsonb_agg(pg_temp.uid('user', u)) from generate_series(0, $PEOPLE - 1) u
    where u % $ENDPOINTS = e and u % $ACCOUNTS = e % $ACCOUNTS)) end,
  now(), 0
from generate_series(0, $ENDPOINTS - 1) e;
