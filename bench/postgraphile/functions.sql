-- What a PostGraphile user adds to the tables: computed columns and lists, as plain SQL functions that are inlined.

create function pipelines_live_steps(p pipelines) returns setof steps language sql stable as $$
  select * from steps s where s.account_id = p.account_id and s.pipeline_id = p.id and s.archived_at is null
  order by s.position
$$;

create function steps_open_leads(s steps, sees uuid[] default null) returns setof leads language sql stable as $$
  select l.* from leads l where l.account_id = s.account_id and l.step_id = s.id and l.status in ('TODO', 'STANDBY')
    and (sees is null or l.owner_id is null or l.owner_id = any(sees)) order by l.rank
$$;

create type bench_sum as (currency text, amount numeric, weighted numeric);

create function steps_open_sums(s steps, sees uuid[] default null) returns setof bench_sum language sql stable as $$
  select l.currency, sum(l.amount), sum(l.amount * coalesce(l.probability, s.probability)) / 100
  from leads l where l.account_id = s.account_id and l.step_id = s.id and l.status in ('TODO', 'STANDBY')
    and l.currency is not null and (sees is null or l.owner_id is null or l.owner_id = any(sees))
  group by l.currency order by l.currency
$$;

create function leads_due_at(l leads) returns timestamptz language sql stable as $$
  select coalesce(
    (select due_at from reminders r where r.id = l.waking_reminder_id and r.state in ('PENDING', 'FIRED')),
    (select due_at from reminders r where r.account_id = l.account_id and r.lead_id = l.id and r.state = 'FIRED'
     order by due_at desc limit 1))
$$;

create function leads_moment(l leads) returns timestamptz language sql stable as $$
  select min(r.due_at) from reminders r where r.account_id = l.account_id and r.lead_id = l.id
    and r.state in ('PENDING', 'FIRED') and coalesce(r.user_id, l.owner_id) = l.owner_id
$$;

create function morning_list(account uuid, owner uuid, zone text) returns setof leads language sql stable as $$
  select l.* from leads l cross join lateral (select leads_moment(l) as moment) m
  where l.account_id = account and l.owner_id = owner and l.status in ('TODO', 'STANDBY') and (l.status = 'TODO'
    or m.moment < (date_trunc('day', now() at time zone zone) + interval '1 day') at time zone zone)
  order by m.moment, l.id
$$;

create function worthwhile_leads(account uuid, owner uuid, amount numeric, sees uuid[] default null)
returns setof leads language sql stable as $$
  select l.* from leads l where l.account_id = account and l.owner_id = owner and l.status = 'TODO'
    and l.amount >= worthwhile_leads.amount and (sees is null or l.owner_id is null or l.owner_id = any(sees))
  order by l.number desc
$$;

create function worthwhile_sums(account uuid, owner uuid, amount numeric, sees uuid[] default null)
returns setof bench_sum language sql stable as $$
  select l.currency, sum(l.amount), sum(l.amount * coalesce(l.probability, s.probability)) / 100
  from leads l join steps s on s.id = l.step_id where l.account_id = account and l.owner_id = owner
    and l.status = 'TODO' and l.amount >= worthwhile_sums.amount
    and (sees is null or l.owner_id is null or l.owner_id = any(sees))
  group by l.currency order by l.currency
$$;

create function leads_history(l leads) returns setof journal language sql stable as $$
  select * from journal e where e.account_id = l.account_id and e.lead_id = l.id order by e.position desc
$$;

comment on table journal is E'@foreignKey (actor_id) references users (id)';
