-- One account's data, set by set. $-words are filled in by data.py; ids are made from numbers, so that rows find each
-- other without being looked up, and lie in the order of time as UUIDv7 do.

create function pg_temp.uid(kind text, n bigint) returns uuid language sql immutable as $$
  select (lpad(to_hex(1750000000000 + n), 12, '0') || '7' || substr(md5(kind || n), 1, 3)
    || '8' || substr(md5('$ACCOUNT' || kind || n), 4, 15))::uuid
$$;

insert into accounts values ('$ACCOUNT', 'Bench $PRIVACY', '$PRIVACY', 'en', 'EUR', '$ZONE', '{}',
  date_trunc('second', now()) - interval '3 years');
insert into dispatch_cursors values ('$ACCOUNT', 0);

insert into users
select pg_temp.uid('user', n), '$ACCOUNT', 'Person ' || n || ' "Né"', lower('$PRIVACY') || n || '@bench.example', '-',
  case when n = 1 then 'ADMINISTRATOR' else 'USER' end, 'en', '$ZONE', '08:00', true, false,
  date_trunc('second', now()) - interval '3 years', null
from generate_series(1, 20) n;

insert into teams values (pg_temp.uid('team', 1), '$ACCOUNT', 'North', 'MEMBERS_SHARE', now());
insert into memberships
select pg_temp.uid('membership', n), '$ACCOUNT', pg_temp.uid('team', 1), pg_temp.uid('user', n), false
from generate_series(2, 5) n;

insert into sessions values (pg_temp.uid('session', 1), '$ACCOUNT', pg_temp.uid('user', $ASKER), '$TOKEN_HASH', 'bench',
  '127.0.0.1', now(), now(), now() + interval '30 days', null);

insert into pipelines
select pg_temp.uid('pipeline', p), '$ACCOUNT', 'Pipeline ' || p, p, p = 1, now(), null from generate_series(1, 3) p;
insert into steps
select pg_temp.uid('step', (p - 1) * 6 + s), '$ACCOUNT', pg_temp.uid('pipeline', p), 'Step ' || s, s, s * 15, null, '{}',
  now(), null
from generate_series(1, 3) p, generate_series(1, 6) s;

-- Amounts are whole hundreds, so that weighted sums are whole and no side has to round.
insert into leads
select pg_temp.uid('lead', n), '$ACCOUNT', n, 1 + n % 7, 'Lead ' || n || ' of "Société ' || n % 977 || '"',
  'What there is to know about ' || n, amount, case when amount is null then null when n % 10 = 3 then 'USD' else 'EUR' end,
  case when n % 5 = 2 then (n % 11) * 10 end, (now() + (n % 200 - 50) * interval '1 day')::date, n % 13 = 0, status,
  created_at + interval '1 hour', case when status in ('WON', 'LOST', 'CANCELLED') then created_at + interval '1 hour' end,
  null, case when status = 'STANDBY' then pg_temp.uid('reminder', n) end,
  pg_temp.uid('step', 1 + n % 18), created_at, rank,
  case when h % 20 <> 19 then pg_temp.uid('user', 1 + h % 20) else null end, pg_temp.uid('user', 1 + h % 7), created_at
from (
  select n, h, rank, case when h % 9 = 0 then null else (1 + h % 500) * 100 end as amount,
    case when (n / 18) * 37 % 100 >= $OPEN then (array['WON', 'LOST', 'CANCELLED'])[1 + h % 3]
      when h % 10 < 7 then 'TODO' else 'STANDBY' end as status,
    date_trunc('second', now()) - interval '730 days' + (n * 62208000 / $LEADS) * interval '1 second' as created_at
  from (select n, (hashint8(n)::bigint & 1048575) / 3 as h from generate_series(1::bigint, $LEADS) n) numbers
  join bench_ranks r on r.i = n / 18) l;

-- What wakes each standby lead, one of the owner's own on some others, a fired one on a few.
insert into reminders
select pg_temp.uid('reminder', l.number), '$ACCOUNT', l.id, case when l.status = 'STANDBY' then null else l.owner_id end,
  l.created_by_id, l.status = 'STANDBY',
  case when l.closed_at is not null then 'DONE' when l.status = 'TODO' and l.number % 4 = 1 then 'FIRED' else 'PENDING' end,
  due, due, null, null, null, 'call', '', l.created_at,
  case when l.status = 'TODO' and l.number % 4 = 1 then due + interval '1 second' end, l.closed_at, null
from leads l, lateral (select date_trunc('second', now()) + case
    when l.status = 'TODO' and l.number % 4 = 1 then -(1 + l.number % 9) * interval '1 day'
    else (l.number % 30 + 2) * interval '1 day' + l.number % 3600 * interval '1 second' end as due) d
where l.account_id = '$ACCOUNT' and (l.status = 'STANDBY' or (l.number % 3 = 0 and l.owner_id is not null));

-- Three or four entries for most, thirty for every eighteenth: about five a lead, in the order of time.
insert into journal
select row_number() over (order by k, l.number), '$ACCOUNT',
  case when k = 1 then 'lead.created' else (array['lead.moved', 'lead.edited', 'lead.starred'])[1 + k % 3] end,
  at, at, 'USER', pg_temp.uid('user', 1 + (k + l.number) % 20), null, null, l.id, l.id, k, l.owner_id, null,
  jsonb_build_object('step_id', jsonb_build_array(null, l.step_id), 'amount', jsonb_build_array(null, l.amount)), '{}', '{}'
from leads l, lateral generate_series(1, case when l.number / 18 % 18 = 5 then 30 else 3 + l.number % 2 end) k,
  lateral (select date_trunc('second', now()) - interval '40 days' + k * interval '1 day' as at) t
where l.account_id = '$ACCOUNT';

insert into journal_heads
select '$ACCOUNT', coalesce(max(position), 0), now(), $LEADS from journal where account_id = '$ACCOUNT';
