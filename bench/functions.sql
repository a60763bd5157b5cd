-- A move as one call: what `leadMove` writes, under the same locks. The limit and PostGraphile use it.

create function bench_next_rank(last text) returns text language plpgsql immutable as $$
declare
  digits constant text := '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
  length int; head text; whole text; at int; place int;
begin
  if last is null then return 'a1'; end if;
  head := left(last, 1); length := ascii(head) - 96; whole := substr(last, 2, length);
  for i in 0 .. length - 1 loop
    at := length - i;
    place := strpos(digits, substr(whole, at, 1));
    if place < 62 then
      -- The digits behind it start anew; a whole part never ends in 0.
      return head || left(whole, at - 1) || substr(digits, place + 1, 1)
        || case when i > 0 then repeat('0', i - 1) || '1' else '' end;
    end if;
  end loop;
  return chr(ascii(head) + 1) || repeat('0', length) || '1';
end $$;

create function bench_move(account uuid, actor uuid, lead uuid, step uuid) returns leads language plpgsql volatile as $$
declare l leads; base bigint; moved timestamptz; changed boolean; place text; was leads;
begin
  perform 1 from steps s join pipelines p on p.id = s.pipeline_id where s.account_id = account and s.id = step
    and s.archived_at is null and p.archived_at is null for no key update of s;
  if not found then raise exception 'no such step'; end if;
  select bench_next_rank((select rank from leads x where x.account_id = account and x.step_id = step and x.id <> lead
    order by x.rank desc limit 1)) into place;
  select * into was from leads x where x.account_id = account and x.id = lead for no key update;
  if not found then raise exception 'no such lead'; end if;
  if was.step_id = step and was.rank = place then return was; end if;
  changed := was.step_id <> step;
  update journal_heads set position = position + 1, last_at = greatest(last_at, clock_timestamp())
    where account_id = account returning position, last_at into base, moved;
  update leads x set step_id = step, rank = place, version = version + changed::int,
    step_entered_at = case when changed then now() else step_entered_at end
    where x.account_id = account and x.id = lead returning * into l;
  insert into journal (account_id, position, kind, at, happened_at, actor, actor_id, subject_id, lead_id, lead_version,
    owner_id, changes, private, data)
  values (account, base, 'lead.moved', moved, moved, 'USER', actor, lead, lead, l.version, l.owner_id,
    jsonb_build_object('rank', jsonb_build_array(was.rank, l.rank)) || case when changed then jsonb_build_object(
      'step_id', jsonb_build_array(was.step_id, step), 'version', jsonb_build_array(was.version, l.version),
      'step_entered_at', jsonb_build_array(was.step_entered_at, l.step_entered_at)) else '{}' end, '{}', '{}');
  return l;
end $$;
