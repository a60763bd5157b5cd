-- Every table on one page, as `relance schema` finds them in a database that all migrations have made, step by step.
-- A new database is made of this page at once. Generated: change a model and `make migration`, then `make schema`.

CREATE EXTENSION IF NOT EXISTS btree_gin;

CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE EXTENSION IF NOT EXISTS unaccent;

CREATE FUNCTION plain_text(text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN lower(unaccent('unaccent'::regdictionary, $1));

CREATE FUNCTION containing_pattern(text) RETURNS text
    LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
    RETURN (('%'::text || regexp_replace(plain_text($1), '([\\%_])'::text, '\\\1'::text, 'g'::text)) || '%'::text);

CREATE FUNCTION keep_lead_text() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ begin
         insert into lead_texts (account_id, lead_id, text)
         values (new.account_id, new.id, plain_text(new.title || E'\n' || new.description))
         on conflict (lead_id) do update set text = excluded.text;
         return null;
       end $$;

CREATE FUNCTION keep_lead_totals() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ begin
  
  insert into lead_totals as t
    (id, account_id, step_id, status, owner_id, currency, leads, amount, weighted, unweighted)
  select uuidv7(), c.* from (
    select account_id, step_id, status, owner_id, currency, sum(n) as leads,
      coalesce(sum(n * amount), 0) as amount,
      coalesce(sum(n * amount * probability * 0.01), 0) as weighted,
      coalesce(sum(n * amount) filter (where probability is null), 0) as unweighted
    from (values (1, new.account_id, new.step_id, new.status, new.owner_id, new.currency, new.amount, new.probability), (-1, old.account_id, old.step_id, old.status, old.owner_id, old.currency, old.amount, old.probability)) as rows (n, account_id, step_id, status, owner_id, currency, amount, probability) group by 1, 2, 3, 4, 5) c
  where (c.leads, c.amount, c.weighted, c.unweighted) <> (0, 0, 0, 0)
    and (select true from steps s where s.id = c.step_id)
  order by c.account_id, c.step_id, c.status, c.owner_id, c.currency
  on conflict (account_id, step_id, status, owner_id, currency) do update set leads = t.leads + excluded.leads,
    amount = t.amount + excluded.amount, weighted = t.weighted + excluded.weighted,
    unweighted = t.unweighted + excluded.unweighted;

  return null;
end $$;

CREATE FUNCTION keep_lead_totals_of_many() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ begin
  if tg_op = 'INSERT' then 
  insert into lead_totals as t
    (id, account_id, step_id, status, owner_id, currency, leads, amount, weighted, unweighted)
  select uuidv7(), c.* from (
    select account_id, step_id, status, owner_id, currency, sum(n) as leads,
      coalesce(sum(n * amount), 0) as amount,
      coalesce(sum(n * amount * probability * 0.01), 0) as weighted,
      coalesce(sum(n * amount) filter (where probability is null), 0) as unweighted
    from (select 1, l.account_id, l.step_id, l.status, l.owner_id, l.currency, l.amount, l.probability from added l) as rows (n, account_id, step_id, status, owner_id, currency, amount, probability) group by 1, 2, 3, 4, 5) c
  where (c.leads, c.amount, c.weighted, c.unweighted) <> (0, 0, 0, 0)
    and (select true from steps s where s.id = c.step_id)
  order by c.account_id, c.step_id, c.status, c.owner_id, c.currency
  on conflict (account_id, step_id, status, owner_id, currency) do update set leads = t.leads + excluded.leads,
    amount = t.amount + excluded.amount, weighted = t.weighted + excluded.weighted,
    unweighted = t.unweighted + excluded.unweighted;

  elsif tg_op = 'DELETE' then 
  insert into lead_totals as t
    (id, account_id, step_id, status, owner_id, currency, leads, amount, weighted, unweighted)
  select uuidv7(), c.* from (
    select account_id, step_id, status, owner_id, currency, sum(n) as leads,
      coalesce(sum(n * amount), 0) as amount,
      coalesce(sum(n * amount * probability * 0.01), 0) as weighted,
      coalesce(sum(n * amount) filter (where probability is null), 0) as unweighted
    from (select -1, l.account_id, l.step_id, l.status, l.owner_id, l.currency, l.amount, l.probability from removed l) as rows (n, account_id, step_id, status, owner_id, currency, amount, probability) group by 1, 2, 3, 4, 5) c
  where (c.leads, c.amount, c.weighted, c.unweighted) <> (0, 0, 0, 0)
    and (select true from steps s where s.id = c.step_id)
  order by c.account_id, c.step_id, c.status, c.owner_id, c.currency
  on conflict (account_id, step_id, status, owner_id, currency) do update set leads = t.leads + excluded.leads,
    amount = t.amount + excluded.amount, weighted = t.weighted + excluded.weighted,
    unweighted = t.unweighted + excluded.unweighted;

  else 
  insert into lead_totals as t
    (id, account_id, step_id, status, owner_id, currency, leads, amount, weighted, unweighted)
  select uuidv7(), c.* from (
    select account_id, step_id, status, owner_id, currency, sum(n) as leads,
      coalesce(sum(n * amount), 0) as amount,
      coalesce(sum(n * amount * probability * 0.01), 0) as weighted,
      coalesce(sum(n * amount) filter (where probability is null), 0) as unweighted
    from (select 1, l.account_id, l.step_id, l.status, l.owner_id, l.currency, l.amount, l.probability from added l union all select -1, l.account_id, l.step_id, l.status, l.owner_id, l.currency, l.amount, l.probability from removed l) as rows (n, account_id, step_id, status, owner_id, currency, amount, probability) group by 1, 2, 3, 4, 5) c
  where (c.leads, c.amount, c.weighted, c.unweighted) <> (0, 0, 0, 0)
    and (select true from steps s where s.id = c.step_id)
  order by c.account_id, c.step_id, c.status, c.owner_id, c.currency
  on conflict (account_id, step_id, status, owner_id, currency) do update set leads = t.leads + excluded.leads,
    amount = t.amount + excluded.amount, weighted = t.weighted + excluded.weighted,
    unweighted = t.unweighted + excluded.unweighted;

  end if;
  return null;
end $$;

CREATE FUNCTION keep_todo_at() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ begin
          update leads l set todo_at = (select min(r.due_at) from reminders r
  where r.account_id = l.account_id and r.lead_id = l.id and r.state in ('PENDING', 'FIRED')
    and coalesce(r.user_id, l.owner_id) = l.owner_id)
          where l.id in (new.lead_id, old.lead_id) and l.todo_at is distinct from (select min(r.due_at) from reminders r
  where r.account_id = l.account_id and r.lead_id = l.id and r.state in ('PENDING', 'FIRED')
    and coalesce(r.user_id, l.owner_id) = l.owner_id);
          return null;
        end $$;

CREATE FUNCTION keep_todo_at_of_owner() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ begin
          new.todo_at := (select min(r.due_at) from reminders r
  where r.account_id = new.account_id and r.lead_id = new.id and r.state in ('PENDING', 'FIRED')
    and coalesce(r.user_id, new.owner_id) = new.owner_id);
          return new;
        end $$;

CREATE FUNCTION rebuild_lead_totals(account uuid) RETURNS void
    LANGUAGE plpgsql
    AS $$ begin
  perform from journal_heads where account_id = account for no key update;
  delete from lead_totals where account_id = account;
  
  insert into lead_totals as t
    (id, account_id, step_id, status, owner_id, currency, leads, amount, weighted, unweighted)
  select uuidv7(), c.* from (
    select account_id, step_id, status, owner_id, currency, sum(n) as leads,
      coalesce(sum(n * amount), 0) as amount,
      coalesce(sum(n * amount * probability * 0.01), 0) as weighted,
      coalesce(sum(n * amount) filter (where probability is null), 0) as unweighted
    from (select 1, l.account_id, l.step_id, l.status, l.owner_id, l.currency, l.amount, l.probability from leads l where l.account_id = account) as rows (n, account_id, step_id, status, owner_id, currency, amount, probability) group by 1, 2, 3, 4, 5) c
  where (c.leads, c.amount, c.weighted, c.unweighted) <> (0, 0, 0, 0)
    and (select true from steps s where s.id = c.step_id)
  order by c.account_id, c.step_id, c.status, c.owner_id, c.currency
  on conflict (account_id, step_id, status, owner_id, currency) do update set leads = t.leads + excluded.leads,
    amount = t.amount + excluded.amount, weighted = t.weighted + excluded.weighted,
    unweighted = t.unweighted + excluded.unweighted;

end $$;

CREATE FUNCTION renew_account() RETURNS trigger
    LANGUAGE plpgsql
    AS $$ begin
         update accounts set name = name where id = coalesce(new.account_id, old.account_id);
         return null;
       end $$;

CREATE TABLE accounts (
    id uuid NOT NULL,
    name character varying(120) NOT NULL,
    privacy character varying(20) NOT NULL,
    locale character varying(10) NOT NULL,
    currency character varying(3) NOT NULL,
    time_zone character varying(64) NOT NULL,
    reason_required text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT accounts_currency_valid CHECK (((currency)::text ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT accounts_privacy_valid CHECK (((privacy)::text = ANY (ARRAY[('SHARED'::character varying)::text, ('PRIVATE'::character varying)::text]))),
    CONSTRAINT accounts_reason_required_valid CHECK ((reason_required <@ ARRAY['WON'::text, 'LOST'::text, 'CANCELLED'::text]))
);

COMMENT ON TABLE accounts IS 'One company: the tenant.';

COMMENT ON COLUMN accounts.reason_required IS 'The closed statuses that need a reason';

CREATE TABLE api_keys (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    user_id uuid NOT NULL,
    name character varying(120) NOT NULL,
    prefix character varying(16) NOT NULL,
    token_hash character varying(64) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone,
    revoked_at timestamp with time zone
);

COMMENT ON TABLE api_keys IS 'A key of a script; shown once, stored as a hash, recognised by its prefix.';

COMMENT ON COLUMN api_keys.user_id IS 'The person for whom the script acts';

COMMENT ON COLUMN api_keys.token_hash IS 'SHA-256 of the key, in hexadecimal';

CREATE TABLE calendar_feeds (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    user_id uuid NOT NULL,
    name character varying(120) NOT NULL,
    token_hash character varying(64) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone
);

COMMENT ON TABLE calendar_feeds IS 'A secret address of a person''s calendar, for one program; shown once, stored as a hash.';

COMMENT ON COLUMN calendar_feeds.user_id IS 'Whose reminders it shows';

COMMENT ON COLUMN calendar_feeds.token_hash IS 'SHA-256 of the token, in hexadecimal';

CREATE TABLE canaries (
    due_at timestamp with time zone NOT NULL,
    fired_at timestamp with time zone,
    dispatched_at timestamp with time zone
);

COMMENT ON TABLE canaries IS 'A minute, and when the clock and the dispatch were done with what was due by then.';

CREATE TABLE deliveries (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    notification_id uuid,
    user_id uuid,
    channel character varying(10) NOT NULL,
    state character varying(10) NOT NULL,
    attempt integer NOT NULL,
    ambiguous smallint NOT NULL,
    next_at timestamp with time zone NOT NULL,
    lease uuid,
    created_at timestamp with time zone NOT NULL,
    done_at timestamp with time zone,
    last_error text,
    endpoint_id uuid,
    lane uuid DEFAULT '00000000-0000-0000-0000-000000000001'::uuid NOT NULL,
    lead_id uuid,
    "position" bigint,
    digest_id uuid,
    earlier_attempts integer DEFAULT 0 NOT NULL,
    held_because character varying(20),
    held_until timestamp with time zone,
    replayed_at timestamp with time zone,
    known_until timestamp with time zone
)
WITH (autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_cost_delay='0');

COMMENT ON TABLE deliveries IS 'One notification on its way to one person through one channel; its id is the Message-ID.';

COMMENT ON COLUMN deliveries.notification_id IS 'What a person is told; null: a digest, or an event';

COMMENT ON COLUMN deliveries.user_id IS 'To whom; null: to an endpoint of the account';

COMMENT ON COLUMN deliveries.ambiguous IS 'Attempts that may have arrived without our knowing';

COMMENT ON COLUMN deliveries.next_at IS 'When to look at it next; claiming pushes it by the lease';

CREATE TABLE delivery_attempts (
    delivery_id uuid NOT NULL,
    account_id uuid NOT NULL,
    attempt integer NOT NULL,
    lease uuid NOT NULL,
    claimed_at timestamp with time zone NOT NULL,
    transmitting_at timestamp with time zone,
    ended_at timestamp with time zone,
    outcome character varying(12),
    error text,
    status smallint
);

COMMENT ON TABLE delivery_attempts IS 'One try at sending; the key is (delivery_id, attempt).';

COMMENT ON COLUMN delivery_attempts.transmitting_at IS 'From here on it may have arrived';

CREATE TABLE delivery_replays (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    created_by_id uuid NOT NULL,
    user_id uuid,
    meant jsonb NOT NULL,
    state character varying(10) NOT NULL,
    total integer NOT NULL,
    done integer NOT NULL,
    last_id uuid,
    created_at timestamp with time zone NOT NULL,
    ended_at timestamp with time zone,
    CONSTRAINT delivery_replays_ended_valid CHECK ((((state)::text = 'DONE'::text) = (ended_at IS NOT NULL)))
);

COMMENT ON TABLE delivery_replays IS 'Many dead deliveries that somebody has sent again, batch by batch.';

COMMENT ON COLUMN delivery_replays.user_id IS 'Only what goes to this person; null: to anybody';

COMMENT ON COLUMN delivery_replays.meant IS 'Which of the dead; {} means all';

COMMENT ON COLUMN delivery_replays.total IS 'How many there were to do in the beginning';

COMMENT ON COLUMN delivery_replays.last_id IS 'How far it has come, by the ids of deliveries';

CREATE TABLE digests (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    user_id uuid NOT NULL,
    channel character varying(10) NOT NULL,
    endpoint_id uuid,
    closes_at timestamp with time zone NOT NULL,
    created_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE digests IS 'One window of one person and channel; unique by when it closes, so that there is never a second copy.';

COMMENT ON COLUMN digests.endpoint_id IS 'Null: the person''s e-mail address';

COMMENT ON COLUMN digests.closes_at IS 'From when on it is sent, never in quiet hours';

CREATE TABLE dispatch_cursors (
    account_id uuid NOT NULL,
    dispatched bigint NOT NULL
);

COMMENT ON TABLE dispatch_cursors IS 'How far the dispatch has read an account''s journal.';

CREATE TABLE endpoints (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    user_id uuid,
    kind character varying(10) NOT NULL,
    name character varying(120) NOT NULL,
    address text NOT NULL,
    shown character varying(300) NOT NULL,
    secret text,
    former_secret text,
    former_until timestamp with time zone,
    events text[] NOT NULL,
    lead_filter jsonb NOT NULL,
    selection text,
    created_at timestamp with time zone NOT NULL,
    disabled_at timestamp with time zone,
    disabled_because character varying(10),
    deleted_at timestamp with time zone,
    failures integer NOT NULL,
    failing_since timestamp with time zone,
    paused_until timestamp with time zone,
    address_hash character varying(64),
    free_at timestamp with time zone,
    rate_per_minute integer,
    CONSTRAINT endpoints_disabled_valid CHECK (((disabled_at IS NULL) = (disabled_because IS NULL))),
    CONSTRAINT endpoints_rate_valid CHECK (((rate_per_minute >= 1) AND (rate_per_minute <= 6000)))
);

COMMENT ON TABLE endpoints IS 'Where deliveries go; of a person, or of the account. Its address is a secret: who knows it can post there.';

COMMENT ON COLUMN endpoints.user_id IS 'Whose it is; null: the account''s';

COMMENT ON COLUMN endpoints.address IS 'A URL, a device''s token or subscription; sealed';

COMMENT ON COLUMN endpoints.shown IS 'As much of the address as may be seen';

COMMENT ON COLUMN endpoints.secret IS 'What webhooks are signed with; sealed';

COMMENT ON COLUMN endpoints.former_secret IS 'The one before; sealed';

COMMENT ON COLUMN endpoints.former_until IS 'Until when the former secret signs too';

COMMENT ON COLUMN endpoints.events IS 'Kinds of events; none: all of them';

COMMENT ON COLUMN endpoints.lead_filter IS 'Ids and statuses; {} means all leads';

COMMENT ON COLUMN endpoints.selection IS 'What a webhook tells of a lead, in GraphQL; null: the usual';

COMMENT ON COLUMN endpoints.failures IS 'On end';

CREATE TABLE failures (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    stage character varying(10) NOT NULL,
    subject character varying(64) NOT NULL,
    tries integer NOT NULL,
    error text NOT NULL,
    first_at timestamp with time zone NOT NULL,
    last_at timestamp with time zone NOT NULL,
    set_aside_at timestamp with time zone,
    replayed_at timestamp with time zone
);

COMMENT ON TABLE failures IS 'An event or a reminder that failed, how often, and why.';

COMMENT ON COLUMN failures.subject IS 'The reminder''s id, or the event''s position';

CREATE TABLE idempotency_keys (
    key character varying(300) NOT NULL,
    account_id uuid NOT NULL,
    actor_id uuid NOT NULL,
    input_hash character varying(64) NOT NULL,
    outcome jsonb,
    created_at timestamp with time zone NOT NULL
);

COMMENT ON TABLE idempotency_keys IS 'A request that was carried out; the key is (account_id, actor_id, key).';

CREATE TABLE journal (
    "position" bigint NOT NULL,
    account_id uuid NOT NULL,
    kind character varying(40) NOT NULL,
    at timestamp with time zone NOT NULL,
    happened_at timestamp with time zone NOT NULL,
    actor character varying(10) NOT NULL,
    actor_id uuid,
    key_id uuid,
    request_id character varying(64),
    subject_id uuid NOT NULL,
    lead_id uuid,
    lead_version bigint,
    owner_id uuid,
    caused_by bigint,
    changes jsonb NOT NULL,
    private jsonb NOT NULL,
    data jsonb NOT NULL,
    CONSTRAINT journal_actor_valid CHECK ((((actor)::text = ANY (ARRAY[('USER'::character varying)::text, ('KEY'::character varying)::text, ('CLOCK'::character varying)::text])) AND (((actor)::text = 'CLOCK'::text) = (actor_id IS NULL)))),
    CONSTRAINT journal_caused_before_valid CHECK ((caused_by < "position"))
);

COMMENT ON TABLE journal IS 'Something that happened; the key is (account_id, position).';

COMMENT ON COLUMN journal.at IS 'When it was written; never runs backwards within an account';

COMMENT ON COLUMN journal.happened_at IS 'When it took place in business';

COMMENT ON COLUMN journal.actor IS 'USER, KEY or CLOCK';

COMMENT ON COLUMN journal.actor_id IS 'The person, also where a key acted for one';

COMMENT ON COLUMN journal.owner_id IS 'The lead''s owner after the event';

COMMENT ON COLUMN journal.caused_by IS 'Position of the bulk event that this is a part of';

COMMENT ON COLUMN journal.changes IS '{column: [from, to]} of the subject, {table: {id: ...}} of others';

COMMENT ON COLUMN journal.private IS 'The same for free text; emptied when a person is erased';

COMMENT ON COLUMN journal.data IS 'What else a reader needs; its meaning depends on the kind';

CREATE TABLE journal_heads (
    account_id uuid NOT NULL,
    "position" bigint NOT NULL,
    last_at timestamp with time zone NOT NULL,
    lead_number bigint NOT NULL
);

COMMENT ON TABLE journal_heads IS 'How far an account''s journal has come; every writer locks it, last of all, in its last statement.';

CREATE TABLE lead_texts (
    lead_id uuid NOT NULL,
    account_id uuid NOT NULL,
    text text NOT NULL
);

COMMENT ON TABLE lead_texts IS 'The title and description of a lead in plain letters: small, without accents.';

CREATE TABLE lead_totals (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    step_id uuid NOT NULL,
    status character varying(10) NOT NULL,
    owner_id uuid,
    currency character varying(3),
    leads bigint NOT NULL,
    amount numeric(38,4) NOT NULL,
    weighted numeric(38,6) NOT NULL,
    unweighted numeric(38,4) NOT NULL
)
WITH (fillfactor='50', autovacuum_vacuum_scale_factor='0.02');

COMMENT ON TABLE lead_totals IS 'What the leads of one step, status, owner and currency come to; a row whose leads are gone says 0.';

COMMENT ON COLUMN lead_totals.owner_id IS 'Null: nobody''s';

COMMENT ON COLUMN lead_totals.currency IS 'Null: no amount is known';

COMMENT ON COLUMN lead_totals.weighted IS 'Amount times probability, of leads that have their own';

COMMENT ON COLUMN lead_totals.unweighted IS 'Amount of the others; the reader takes the step''s probability';

CREATE TABLE leads (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    number bigint NOT NULL,
    version bigint NOT NULL,
    title character varying(200) NOT NULL,
    description text NOT NULL,
    amount numeric(18,4),
    currency character varying(3),
    probability smallint,
    expected_close_on date,
    is_starred boolean NOT NULL,
    status character varying(10) NOT NULL,
    status_changed_at timestamp with time zone NOT NULL,
    closed_at timestamp with time zone,
    reason_id uuid,
    waking_reminder_id uuid,
    step_id uuid NOT NULL,
    step_entered_at timestamp with time zone NOT NULL,
    rank character varying(64) NOT NULL COLLATE pg_catalog."C",
    owner_id uuid,
    created_by_id uuid NOT NULL,
    created_at timestamp with time zone NOT NULL,
    todo_at timestamp with time zone,
    CONSTRAINT leads_closed_after_creation_valid CHECK ((closed_at >= created_at)),
    CONSTRAINT leads_closed_valid CHECK ((((status)::text = ANY (ARRAY[('WON'::character varying)::text, ('LOST'::character varying)::text, ('CANCELLED'::character varying)::text])) = (closed_at IS NOT NULL))),
    CONSTRAINT leads_currency_valid CHECK (((currency)::text ~ '^[A-Z]{3}$'::text)),
    CONSTRAINT leads_money_valid CHECK (((amount IS NULL) = (currency IS NULL))),
    CONSTRAINT leads_probability_valid CHECK (((probability >= 0) AND (probability <= 100))),
    CONSTRAINT leads_reason_when_closed_valid CHECK (((reason_id IS NULL) OR (closed_at IS NOT NULL))),
    CONSTRAINT leads_standby_is_woken_valid CHECK ((((status)::text = 'STANDBY'::text) = (waking_reminder_id IS NOT NULL))),
    CONSTRAINT leads_status_valid CHECK (((status)::text = ANY (ARRAY[('TODO'::character varying)::text, ('STANDBY'::character varying)::text, ('WON'::character varying)::text, ('LOST'::character varying)::text, ('CANCELLED'::character varying)::text]))),
    CONSTRAINT leads_title_valid CHECK (((title)::text <> ''::text))
);

COMMENT ON TABLE leads IS 'A real chance of a sale.';

COMMENT ON COLUMN leads.number IS 'For people: 1, 2, 3, ... within the account';

COMMENT ON COLUMN leads.version IS 'Grows with each change that a person can see';

COMMENT ON COLUMN leads.currency IS 'ISO 4217; set exactly when the amount is';

COMMENT ON COLUMN leads.probability IS 'Per cent; null means the step''s';

COMMENT ON COLUMN leads.waking_reminder_id IS 'Set exactly in STANDBY';

COMMENT ON COLUMN leads.rank IS 'Order within the step, by bytes; unique there';

COMMENT ON COLUMN leads.created_at IS 'When the lead came up; may be back-dated';

CREATE TABLE memberships (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    team_id uuid NOT NULL,
    user_id uuid NOT NULL,
    is_manager boolean NOT NULL
);

COMMENT ON TABLE memberships IS 'A person in a team, as member or as manager.';

CREATE TABLE notifications (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    user_id uuid NOT NULL,
    kind character varying(20) NOT NULL,
    "position" bigint NOT NULL,
    lead_id uuid,
    reminder_id uuid,
    dedupe_key character varying(120) NOT NULL,
    in_app boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    visible_at timestamp with time zone NOT NULL,
    read_at timestamp with time zone,
    archived_at timestamp with time zone,
    cancelled_at timestamp with time zone
);

COMMENT ON TABLE notifications IS 'One person told of one event; the words are made from the event in the reader''s language.';

COMMENT ON COLUMN notifications."position" IS 'The event in the journal';

COMMENT ON COLUMN notifications.dedupe_key IS 'One notification per event and person';

COMMENT ON COLUMN notifications.in_app IS 'Shown in the inbox';

COMMENT ON COLUMN notifications.visible_at IS 'Held back until then';

COMMENT ON COLUMN notifications.cancelled_at IS 'Ended before it became visible';

CREATE TABLE pipelines (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    name character varying(120) NOT NULL,
    "position" integer NOT NULL,
    is_default boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    archived_at timestamp with time zone,
    CONSTRAINT pipelines_default_is_live_valid CHECK ((NOT (is_default AND (archived_at IS NOT NULL)))),
    CONSTRAINT pipelines_position_valid CHECK (("position" > 0))
);

COMMENT ON TABLE pipelines IS 'Ordered steps that a lead goes through; exactly one of an account is the default.';

COMMENT ON COLUMN pipelines."position" IS 'Order among the account''s pipelines, from 1';

CREATE TABLE preferences (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    user_id uuid,
    choices jsonb NOT NULL,
    paces jsonb NOT NULL,
    quiet_hours jsonb,
    working_days jsonb,
    holidays jsonb
);

COMMENT ON TABLE preferences IS 'What one person has decided about being told, or an administrator for all who have decided nothing else.';

COMMENT ON COLUMN preferences.user_id IS 'Whose; null: the account''s defaults';

COMMENT ON COLUMN preferences.choices IS '{kind: {channel: is on}}; what is not there is as for all others';

COMMENT ON COLUMN preferences.paces IS '{channel: pace}; likewise';

COMMENT ON COLUMN preferences.quiet_hours IS '[{days, start, end}]; null: as for all others';

COMMENT ON COLUMN preferences.working_days IS 'From 1, Monday; null: as for all others';

COMMENT ON COLUMN preferences.holidays IS '{country, subdivision}; {}: none; null: as for all others';

CREATE TABLE provider_rates (
    provider character varying(10) NOT NULL,
    rate_per_minute integer NOT NULL,
    free_at timestamp with time zone,
    CONSTRAINT provider_rates_rate_valid CHECK ((rate_per_minute > 0))
);

COMMENT ON TABLE provider_rates IS 'How many messages a minute leave by a provider, of all accounts and workers; without a row as many as can.';

COMMENT ON COLUMN provider_rates.free_at IS 'From when on the next message may go; null: at once';

CREATE TABLE reasons (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    status character varying(10) NOT NULL,
    label character varying(120) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    archived_at timestamp with time zone,
    CONSTRAINT reasons_status_valid CHECK (((status)::text = ANY (ARRAY[('WON'::character varying)::text, ('LOST'::character varying)::text, ('CANCELLED'::character varying)::text])))
);

COMMENT ON TABLE reasons IS 'Why a lead was closed, in the words of the account.';

CREATE TABLE reminder_series (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    recurrence character varying(200),
    starts_on date,
    local_time time without time zone,
    time_zone character varying(64),
    ended_at timestamp with time zone,
    CONSTRAINT reminder_series_rule_valid CHECK ((((recurrence IS NULL) = (starts_on IS NULL)) AND ((recurrence IS NULL) = (time_zone IS NULL))))
);

COMMENT ON TABLE reminder_series IS 'What a reminder comes again by: a rule and the clock that it is told on; or, without a rule, inactivity.';

COMMENT ON COLUMN reminder_series.recurrence IS 'RRULE of RFC 5545; null: on inactivity';

COMMENT ON COLUMN reminder_series.local_time IS 'Null: of whole days';

CREATE TABLE reminders (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    lead_id uuid NOT NULL,
    user_id uuid,
    created_by_id uuid NOT NULL,
    wakes boolean NOT NULL,
    state character varying(10) NOT NULL,
    due_at timestamp with time zone NOT NULL,
    notify_at timestamp with time zone NOT NULL,
    local_date date,
    local_time time without time zone,
    time_zone character varying(64),
    activity character varying(60) NOT NULL,
    note text NOT NULL,
    created_at timestamp with time zone NOT NULL,
    fired_at timestamp with time zone,
    ended_at timestamp with time zone,
    set_aside_at timestamp with time zone,
    is_urgent boolean DEFAULT false NOT NULL,
    ahead integer[] DEFAULT '{}'::integer[] NOT NULL,
    ahead_at timestamp with time zone,
    until text[] DEFAULT '{}'::text[] NOT NULL,
    since_activity bigint,
    escalate_after bigint,
    escalate_at timestamp with time zone,
    series_id uuid,
    occurrence integer DEFAULT 1 NOT NULL,
    occurs_on date,
    is_followed boolean DEFAULT false NOT NULL,
    CONSTRAINT reminders_ended_valid CHECK ((((state)::text = ANY (ARRAY[('DONE'::character varying)::text, ('CANCELLED'::character varying)::text])) = (ended_at IS NOT NULL))),
    CONSTRAINT reminders_fired_valid CHECK ((((state)::text <> 'FIRED'::text) OR (fired_at IS NOT NULL))),
    CONSTRAINT reminders_never_early_valid CHECK ((fired_at >= due_at)),
    CONSTRAINT reminders_notify_after_due_valid CHECK ((notify_at >= due_at)),
    CONSTRAINT reminders_state_valid CHECK (((state)::text = ANY (ARRAY[('PENDING'::character varying)::text, ('FIRED'::character varying)::text, ('DONE'::character varying)::text, ('CANCELLED'::character varying)::text]))),
    CONSTRAINT reminders_whom_valid CHECK (((user_id IS NOT NULL) OR wakes))
)
WITH (autovacuum_vacuum_scale_factor='0.02', autovacuum_vacuum_cost_delay='0');

COMMENT ON TABLE reminders IS 'A moment at which somebody wants to come back to a lead.';

COMMENT ON COLUMN reminders.user_id IS 'Who is reminded; null: whoever owns the lead when it fires';

COMMENT ON COLUMN reminders.wakes IS 'It brings a standby lead back to TODO';

COMMENT ON COLUMN reminders.notify_at IS 'When to tell people: a date alone waits for their morning';

COMMENT ON COLUMN reminders.ended_at IS 'When it was done or cancelled';

COMMENT ON COLUMN reminders.set_aside_at IS 'The clock gave up on it; see failures';

CREATE TABLE saved_views (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    user_id uuid NOT NULL,
    name character varying(120) NOT NULL,
    is_shared boolean NOT NULL,
    layout character varying(10) NOT NULL,
    lead_filter jsonb NOT NULL,
    order_by jsonb NOT NULL,
    columns text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT saved_views_layout_valid CHECK (((layout)::text = ANY (ARRAY[('TABLE'::character varying)::text, ('CARDS'::character varying)::text, ('BOARD'::character varying)::text])))
);

COMMENT ON TABLE saved_views IS 'A filter, an order and a layout of leads under a name; its person''s own, or shared with the account.';

COMMENT ON COLUMN saved_views.user_id IS 'Whose it is';

COMMENT ON COLUMN saved_views.is_shared IS 'Everybody in the account sees it';

COMMENT ON COLUMN saved_views.lead_filter IS 'As clients write it; {} means all leads';

COMMENT ON COLUMN saved_views.order_by IS 'As clients write it; [] means newest first';

COMMENT ON COLUMN saved_views.columns IS 'What a table shows, in order';

CREATE TABLE sessions (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    user_id uuid NOT NULL,
    token_hash character varying(64) NOT NULL,
    device character varying(120) NOT NULL,
    address character varying(64) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    last_used_at timestamp with time zone NOT NULL,
    expires_at timestamp with time zone NOT NULL,
    revoked_at timestamp with time zone
);

COMMENT ON TABLE sessions IS 'A device on which somebody is signed in; the token itself is never stored.';

COMMENT ON COLUMN sessions.token_hash IS 'SHA-256 of the bearer token, in hexadecimal';

CREATE TABLE sign_in_attempts (
    id uuid NOT NULL,
    email_hash character varying(64) NOT NULL,
    client character varying(64) NOT NULL,
    at timestamp with time zone NOT NULL
);

COMMENT ON TABLE sign_in_attempts IS 'A sign-in that failed or is still being checked, counted per e-mail address and per client address.';

CREATE TABLE steps (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    pipeline_id uuid NOT NULL,
    name character varying(60) NOT NULL,
    "position" integer NOT NULL,
    probability smallint,
    expected_dwell bigint,
    guards text[] NOT NULL,
    created_at timestamp with time zone NOT NULL,
    archived_at timestamp with time zone,
    CONSTRAINT steps_expected_dwell_valid CHECK ((expected_dwell > 0)),
    CONSTRAINT steps_guards_valid CHECK ((guards <@ ARRAY['DESCRIPTION'::text, 'AMOUNT'::text, 'PROBABILITY'::text, 'EXPECTED_CLOSE_ON'::text, 'OWNER'::text])),
    CONSTRAINT steps_position_valid CHECK (("position" > 0)),
    CONSTRAINT steps_probability_valid CHECK (((probability >= 0) AND (probability <= 100)))
);

COMMENT ON TABLE steps IS 'A place in a pipeline.';

COMMENT ON COLUMN steps."position" IS 'Order within the pipeline, from 1, archived steps included';

COMMENT ON COLUMN steps.probability IS 'Per cent; used until a lead has its own';

COMMENT ON COLUMN steps.expected_dwell IS 'How long a lead should stay, in seconds';

COMMENT ON COLUMN steps.guards IS 'Lead fields that must be filled';

CREATE TABLE teams (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    name character varying(120) NOT NULL,
    privacy character varying(20) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT teams_privacy_valid CHECK (((privacy)::text = ANY (ARRAY[('MEMBERS_SHARE'::character varying)::text, ('MANAGERS_SEE'::character varying)::text])))
);

COMMENT ON TABLE teams IS 'Some people of an account, and how much they see of each other''s leads.';

CREATE TABLE tortoise_migrations (
    id integer NOT NULL,
    app character varying(255) NOT NULL,
    name character varying(255) NOT NULL,
    applied_at timestamp with time zone NOT NULL
);

CREATE SEQUENCE tortoise_migrations_id_seq
    AS integer
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;

ALTER SEQUENCE tortoise_migrations_id_seq OWNED BY tortoise_migrations.id;

CREATE TABLE users (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    name character varying(120) NOT NULL,
    email character varying(254) NOT NULL,
    password_hash text NOT NULL,
    role character varying(20) NOT NULL,
    locale character varying(10) NOT NULL,
    time_zone character varying(64) NOT NULL,
    day_starts_at time without time zone NOT NULL,
    notify_in_app boolean NOT NULL,
    notify_by_email boolean NOT NULL,
    created_at timestamp with time zone NOT NULL,
    deactivated_at timestamp with time zone,
    notify_of_own boolean DEFAULT false NOT NULL,
    email_bounced_at timestamp with time zone,
    CONSTRAINT users_role_valid CHECK (((role)::text = ANY (ARRAY[('ADMINISTRATOR'::character varying)::text, ('TEAM_MANAGER'::character varying)::text, ('USER'::character varying)::text])))
);

COMMENT ON TABLE users IS 'A person who signs in, owns leads and is reminded.';

COMMENT ON COLUMN users.password_hash IS 'argon2id, in the PHC string format';

COMMENT ON COLUMN users.day_starts_at IS 'When to tell of what is due on a day';

CREATE TABLE watches (
    id uuid NOT NULL,
    account_id uuid NOT NULL,
    user_id uuid NOT NULL,
    lead_id uuid,
    step_id uuid,
    pipeline_id uuid,
    view_id uuid,
    attention character varying(10) NOT NULL,
    created_at timestamp with time zone NOT NULL,
    CONSTRAINT watches_attention_valid CHECK (((attention)::text = ANY (ARRAY[('WATCHED'::character varying)::text, ('MUTED'::character varying)::text]))),
    CONSTRAINT watches_one_thing_valid CHECK ((num_nonnulls(lead_id, step_id, pipeline_id, view_id) = 1))
);

COMMENT ON TABLE watches IS 'One person who follows, or wants to hear nothing of, one lead, step, pipeline or view.';

COMMENT ON COLUMN watches.user_id IS 'Whose';

CREATE TABLE workers (
    id uuid NOT NULL,
    name character varying(120) NOT NULL,
    started_at timestamp with time zone NOT NULL,
    beat_at timestamp with time zone NOT NULL,
    hears_bell boolean DEFAULT false NOT NULL
);

COMMENT ON TABLE workers IS 'A worker process and when it was last heard of.';

ALTER TABLE ONLY tortoise_migrations ALTER COLUMN id SET DEFAULT nextval('tortoise_migrations_id_seq'::regclass);

ALTER TABLE ONLY accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY api_keys
    ADD CONSTRAINT api_keys_pkey PRIMARY KEY (id);

ALTER TABLE ONLY calendar_feeds
    ADD CONSTRAINT calendar_feeds_pkey PRIMARY KEY (id);

ALTER TABLE ONLY canaries
    ADD CONSTRAINT canaries_pkey PRIMARY KEY (due_at);

ALTER TABLE deliveries
    ADD CONSTRAINT deliveries_done_valid CHECK ((((state)::text = ANY (ARRAY[('PENDING'::character varying)::text, ('JOINED'::character varying)::text])) = (done_at IS NULL))) NOT VALID;

ALTER TABLE deliveries
    ADD CONSTRAINT deliveries_joined_valid CHECK ((((state)::text <> 'JOINED'::text) OR (num_nonnulls(notification_id, digest_id) = 2))) NOT VALID;

ALTER TABLE deliveries
    ADD CONSTRAINT deliveries_of_something_valid CHECK (((num_nonnulls(notification_id, digest_id) > 0) OR ((endpoint_id IS NOT NULL) AND ("position" IS NOT NULL)))) NOT VALID;

ALTER TABLE ONLY deliveries
    ADD CONSTRAINT deliveries_pkey PRIMARY KEY (id);

ALTER TABLE deliveries
    ADD CONSTRAINT deliveries_state_valid CHECK (((state)::text = ANY (ARRAY[('PENDING'::character varying)::text, ('SENT'::character varying)::text, ('DEAD'::character varying)::text, ('CANCELLED'::character varying)::text, ('JOINED'::character varying)::text]))) NOT VALID;

ALTER TABLE ONLY delivery_attempts
    ADD CONSTRAINT delivery_attempts_pkey PRIMARY KEY (delivery_id, attempt);

ALTER TABLE ONLY delivery_replays
    ADD CONSTRAINT delivery_replays_pkey PRIMARY KEY (id);

ALTER TABLE ONLY digests
    ADD CONSTRAINT digests_pkey PRIMARY KEY (id);

ALTER TABLE ONLY dispatch_cursors
    ADD CONSTRAINT dispatch_cursors_pkey PRIMARY KEY (account_id);

ALTER TABLE ONLY endpoints
    ADD CONSTRAINT endpoints_pkey PRIMARY KEY (id);

ALTER TABLE ONLY failures
    ADD CONSTRAINT failures_pkey PRIMARY KEY (id);

ALTER TABLE ONLY idempotency_keys
    ADD CONSTRAINT idempotency_keys_pkey PRIMARY KEY (account_id, actor_id, key);

ALTER TABLE ONLY journal_heads
    ADD CONSTRAINT journal_heads_pkey PRIMARY KEY (account_id);

ALTER TABLE ONLY journal
    ADD CONSTRAINT journal_pkey PRIMARY KEY (account_id, "position");

ALTER TABLE ONLY lead_texts
    ADD CONSTRAINT lead_texts_pkey PRIMARY KEY (lead_id);

ALTER TABLE ONLY lead_totals
    ADD CONSTRAINT lead_totals_of UNIQUE NULLS NOT DISTINCT (account_id, step_id, status, owner_id, currency);

ALTER TABLE ONLY lead_totals
    ADD CONSTRAINT lead_totals_pkey PRIMARY KEY (id);

ALTER TABLE ONLY leads
    ADD CONSTRAINT leads_pkey PRIMARY KEY (id);

ALTER TABLE ONLY leads
    ADD CONSTRAINT leads_rank UNIQUE (account_id, step_id, rank) DEFERRABLE;

ALTER TABLE ONLY memberships
    ADD CONSTRAINT memberships_pkey PRIMARY KEY (id);

ALTER TABLE ONLY notifications
    ADD CONSTRAINT notifications_pkey PRIMARY KEY (id);

ALTER TABLE ONLY pipelines
    ADD CONSTRAINT pipelines_default EXCLUDE USING btree (account_id WITH =) WHERE (is_default) DEFERRABLE;

ALTER TABLE ONLY pipelines
    ADD CONSTRAINT pipelines_order UNIQUE (account_id, "position") DEFERRABLE;

ALTER TABLE ONLY pipelines
    ADD CONSTRAINT pipelines_pkey PRIMARY KEY (id);

ALTER TABLE ONLY preferences
    ADD CONSTRAINT preferences_pkey PRIMARY KEY (id);

ALTER TABLE ONLY provider_rates
    ADD CONSTRAINT provider_rates_pkey PRIMARY KEY (provider);

ALTER TABLE ONLY reasons
    ADD CONSTRAINT reasons_pkey PRIMARY KEY (id);

ALTER TABLE ONLY reminder_series
    ADD CONSTRAINT reminder_series_pkey PRIMARY KEY (id);

ALTER TABLE ONLY reminders
    ADD CONSTRAINT reminders_pkey PRIMARY KEY (id);

ALTER TABLE reminders
    ADD CONSTRAINT reminders_since_activity_valid CHECK (((since_activity IS NULL) OR (series_id IS NOT NULL))) NOT VALID;

ALTER TABLE reminders
    ADD CONSTRAINT reminders_waking_comes_valid CHECK (((NOT wakes) OR ((series_id IS NULL) AND (until = '{}'::text[]) AND (since_activity IS NULL)))) NOT VALID;

ALTER TABLE ONLY saved_views
    ADD CONSTRAINT saved_views_pkey PRIMARY KEY (id);

ALTER TABLE ONLY sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (id);

ALTER TABLE ONLY sign_in_attempts
    ADD CONSTRAINT sign_in_attempts_pkey PRIMARY KEY (id);

ALTER TABLE ONLY steps
    ADD CONSTRAINT steps_pkey PRIMARY KEY (id);

ALTER TABLE ONLY steps
    ADD CONSTRAINT steps_position UNIQUE (account_id, pipeline_id, "position") DEFERRABLE;

ALTER TABLE ONLY teams
    ADD CONSTRAINT teams_pkey PRIMARY KEY (id);

ALTER TABLE ONLY tortoise_migrations
    ADD CONSTRAINT tortoise_migrations_pkey PRIMARY KEY (id);

ALTER TABLE ONLY tortoise_migrations
    ADD CONSTRAINT uid_tortoise_mi_app_3803a5 UNIQUE (app, name);

ALTER TABLE ONLY users
    ADD CONSTRAINT users_pkey PRIMARY KEY (id);

ALTER TABLE ONLY watches
    ADD CONSTRAINT watches_pkey PRIMARY KEY (id);

ALTER TABLE ONLY workers
    ADD CONSTRAINT workers_pkey PRIMARY KEY (id);

CREATE UNIQUE INDEX api_keys_token ON api_keys USING btree (token_hash);

CREATE INDEX api_keys_user ON api_keys USING btree (account_id, user_id);

CREATE UNIQUE INDEX calendar_feeds_token ON calendar_feeds USING btree (token_hash);

CREATE INDEX calendar_feeds_user ON calendar_feeds USING btree (account_id, user_id);

CREATE INDEX deliveries_dead ON deliveries USING btree (account_id, id) WHERE ((state)::text = 'DEAD'::text);

CREATE INDEX deliveries_due ON deliveries USING btree (lane, next_at, "position") WHERE ((state)::text = 'PENDING'::text);

CREATE INDEX deliveries_finished ON deliveries USING btree (done_at) WHERE ((state)::text = ANY (ARRAY[('SENT'::character varying)::text, ('CANCELLED'::character varying)::text]));

CREATE INDEX deliveries_held ON deliveries USING btree (account_id, user_id) WHERE ((user_id IS NOT NULL) AND ((state)::text = ANY (ARRAY[('PENDING'::character varying)::text, ('JOINED'::character varying)::text])));

CREATE INDEX deliveries_in_order ON deliveries USING btree (lane, lead_id, "position") WHERE (((state)::text = 'PENDING'::text) AND ((channel)::text = 'WEBHOOK'::text));

CREATE INDEX deliveries_joined ON deliveries USING btree (digest_id) WHERE (digest_id IS NOT NULL);

CREATE INDEX deliveries_leased ON deliveries USING btree (lane, next_at) WHERE (((state)::text = 'PENDING'::text) AND (lease IS NOT NULL));

CREATE UNIQUE INDEX deliveries_of_digest ON deliveries USING btree (digest_id) WHERE ((digest_id IS NOT NULL) AND (notification_id IS NULL));

CREATE UNIQUE INDEX deliveries_of_event ON deliveries USING btree (endpoint_id, "position") WHERE (notification_id IS NULL);

CREATE UNIQUE INDEX deliveries_once ON deliveries USING btree (notification_id, channel, endpoint_id) NULLS NOT DISTINCT WHERE (notification_id IS NOT NULL);

CREATE INDEX delivery_attempts_claimed_at ON delivery_attempts USING btree (claimed_at);

CREATE INDEX delivery_replays_of_account ON delivery_replays USING btree (account_id, created_at, id);

CREATE INDEX delivery_replays_running ON delivery_replays USING btree (created_at) WHERE ((state)::text = 'RUNNING'::text);

CREATE UNIQUE INDEX digests_once ON digests USING btree (account_id, user_id, channel, endpoint_id, closes_at) NULLS NOT DISTINCT;

CREATE UNIQUE INDEX endpoints_device ON endpoints USING btree (account_id, address_hash) WHERE ((address_hash IS NOT NULL) AND (deleted_at IS NULL));

CREATE INDEX endpoints_of_account ON endpoints USING btree (account_id, kind, user_id) WHERE (deleted_at IS NULL);

CREATE UNIQUE INDEX failures_subject ON failures USING btree (account_id, stage, subject);

CREATE INDEX idempotency_keys_created ON idempotency_keys USING btree (created_at) WHERE (NOT ((key)::text ~~ 'id:%'::text));

CREATE INDEX journal_deleted_steps ON journal USING btree (account_id, subject_id) WHERE ((kind)::text = 'step.deleted'::text);

CREATE INDEX journal_lead ON journal USING btree (account_id, lead_id, "position") WHERE (lead_id IS NOT NULL);

CREATE INDEX journal_steps ON journal USING btree (account_id, "position") WHERE ((lead_id IS NULL) AND (((kind)::text ~~ 'step.%'::text) OR (changes ? 'steps'::text)));

CREATE UNIQUE INDEX journal_undone ON journal USING btree (account_id, (((data ->> 'undoes'::text))::bigint)) WHERE (data ? 'undoes'::text);

CREATE INDEX lead_texts_letters ON lead_texts USING gin (account_id, text gin_trgm_ops) WITH (fastupdate=off);

CREATE INDEX leads_board ON leads USING btree (account_id, step_id, rank, id) WHERE ((status)::text = ANY (ARRAY[('TODO'::character varying)::text, ('STANDBY'::character varying)::text]));

CREATE INDEX leads_closed ON leads USING btree (account_id, closed_at, id) WHERE (closed_at IS NOT NULL);

CREATE INDEX leads_created ON leads USING btree (account_id, created_at, id);

CREATE INDEX leads_expected ON leads USING btree (account_id, expected_close_on, id) WHERE (((status)::text = ANY (ARRAY[('TODO'::character varying)::text, ('STANDBY'::character varying)::text])) AND (expected_close_on IS NOT NULL));

CREATE INDEX leads_morning ON leads USING btree (account_id, owner_id, todo_at, id) WHERE ((status)::text = ANY (ARRAY[('TODO'::character varying)::text, ('STANDBY'::character varying)::text]));

CREATE UNIQUE INDEX leads_number ON leads USING btree (account_id, number);

CREATE INDEX leads_owner_status ON leads USING btree (account_id, owner_id, status, number DESC, id) WHERE (owner_id IS NOT NULL);

CREATE INDEX leads_status ON leads USING btree (account_id, status);

CREATE INDEX leads_to_do ON leads USING btree (account_id, owner_id, todo_at, id) WHERE ((status)::text = 'TODO'::text);

CREATE INDEX memberships_team ON memberships USING btree (account_id, team_id);

CREATE UNIQUE INDEX memberships_user ON memberships USING btree (account_id, user_id, team_id);

CREATE INDEX notifications_inbox ON notifications USING btree (user_id, visible_at, id) WHERE (in_app AND (cancelled_at IS NULL));

CREATE INDEX notifications_of_event ON notifications USING btree ("position", account_id);

CREATE UNIQUE INDEX notifications_once ON notifications USING btree (dedupe_key, account_id);

CREATE INDEX notifications_reminder ON notifications USING btree (reminder_id) WHERE (reminder_id IS NOT NULL);

CREATE UNIQUE INDEX pipelines_name ON pipelines USING btree (account_id, lower((name)::text)) WHERE (archived_at IS NULL);

CREATE UNIQUE INDEX preferences_of_person ON preferences USING btree (account_id, user_id) NULLS NOT DISTINCT;

CREATE UNIQUE INDEX reasons_label ON reasons USING btree (account_id, status, lower((label)::text)) WHERE (archived_at IS NULL);

CREATE INDEX reminders_ahead ON reminders USING btree (ahead_at) WHERE (((state)::text = 'PENDING'::text) AND (set_aside_at IS NULL) AND (ahead_at IS NOT NULL));

CREATE INDEX reminders_conditional ON reminders USING btree (LEAST(due_at, ahead_at)) WHERE (((state)::text = 'PENDING'::text) AND (set_aside_at IS NULL) AND ((until <> '{}'::text[]) OR (since_activity IS NOT NULL)));

CREATE INDEX reminders_due ON reminders USING btree (due_at, id) WHERE (((state)::text = 'PENDING'::text) AND (set_aside_at IS NULL));

CREATE INDEX reminders_escalating ON reminders USING btree (escalate_at) WHERE ((set_aside_at IS NULL) AND (escalate_at IS NOT NULL));

CREATE INDEX reminders_fired ON reminders USING btree (account_id, lead_id, due_at) WHERE ((state)::text = 'FIRED'::text);

CREATE INDEX reminders_fired_at ON reminders USING btree (fired_at) WHERE (fired_at IS NOT NULL);

CREATE INDEX reminders_lead ON reminders USING btree (account_id, lead_id, due_at);

CREATE UNIQUE INDEX reminders_once_in_series ON reminders USING btree (series_id, occurrence) WHERE (series_id IS NOT NULL);

CREATE INDEX reminders_open ON reminders USING btree (account_id, state, due_at) INCLUDE (lead_id) WHERE ((state)::text = ANY (ARRAY[('PENDING'::character varying)::text, ('FIRED'::character varying)::text]));

CREATE INDEX reminders_to_follow ON reminders USING btree (due_at) WHERE ((series_id IS NOT NULL) AND (NOT is_followed) AND ((state)::text <> 'PENDING'::text) AND (set_aside_at IS NULL));

CREATE INDEX reminders_user ON reminders USING btree (account_id, user_id, due_at, id);

CREATE UNIQUE INDEX saved_views_name ON saved_views USING btree (account_id, user_id, lower((name)::text));

CREATE UNIQUE INDEX sessions_token ON sessions USING btree (token_hash);

CREATE INDEX sessions_user ON sessions USING btree (account_id, user_id) WHERE (revoked_at IS NULL);

CREATE INDEX sign_in_attempts_at ON sign_in_attempts USING btree (at);

CREATE INDEX sign_in_attempts_client ON sign_in_attempts USING btree (client, at);

CREATE INDEX sign_in_attempts_email ON sign_in_attempts USING btree (email_hash, at);

CREATE UNIQUE INDEX steps_name ON steps USING btree (account_id, pipeline_id, lower((name)::text)) WHERE (archived_at IS NULL);

CREATE UNIQUE INDEX teams_name ON teams USING btree (account_id, lower((name)::text));

CREATE UNIQUE INDEX users_email ON users USING btree (lower((email)::text));

CREATE INDEX watches_by_time ON watches USING btree (account_id, user_id, created_at, id);

CREATE INDEX watches_of_lead ON watches USING btree (account_id, lead_id) WHERE (lead_id IS NOT NULL);

CREATE INDEX watches_of_pipeline ON watches USING btree (account_id, pipeline_id) WHERE (pipeline_id IS NOT NULL);

CREATE INDEX watches_of_step ON watches USING btree (account_id, step_id) WHERE (step_id IS NOT NULL);

CREATE INDEX watches_of_view ON watches USING btree (account_id, view_id) WHERE (view_id IS NOT NULL);

CREATE UNIQUE INDEX watches_once ON watches USING btree (account_id, user_id, lead_id, step_id, pipeline_id, view_id) NULLS NOT DISTINCT;

CREATE INDEX workers_beat ON workers USING btree (beat_at);

ALTER TABLE ONLY api_keys
    ADD CONSTRAINT api_keys_in_account UNIQUE (account_id, id);

ALTER TABLE ONLY deliveries
    ADD CONSTRAINT deliveries_in_account UNIQUE (account_id, id);

ALTER TABLE ONLY digests
    ADD CONSTRAINT digests_in_account UNIQUE (account_id, id);

ALTER TABLE ONLY endpoints
    ADD CONSTRAINT endpoints_in_account UNIQUE (account_id, id);

ALTER TABLE ONLY leads
    ADD CONSTRAINT leads_in_account UNIQUE (account_id, id);

ALTER TABLE ONLY notifications
    ADD CONSTRAINT notifications_in_account UNIQUE (account_id, id);

ALTER TABLE ONLY pipelines
    ADD CONSTRAINT pipelines_in_account UNIQUE (account_id, id);

ALTER TABLE ONLY reasons
    ADD CONSTRAINT reasons_in_account UNIQUE (account_id, id);

ALTER TABLE ONLY reminder_series
    ADD CONSTRAINT reminder_series_in_account UNIQUE (account_id, id);

ALTER TABLE ONLY reminders
    ADD CONSTRAINT reminders_in_account UNIQUE (account_id, id);

ALTER TABLE ONLY saved_views
    ADD CONSTRAINT saved_views_in_account UNIQUE (account_id, id);

ALTER TABLE ONLY steps
    ADD CONSTRAINT steps_in_account UNIQUE (account_id, id);

ALTER TABLE ONLY teams
    ADD CONSTRAINT teams_in_account UNIQUE (account_id, id);

ALTER TABLE ONLY users
    ADD CONSTRAINT users_in_account UNIQUE (account_id, id);

CREATE TRIGGER leads_text_insert AFTER INSERT ON leads FOR EACH ROW EXECUTE FUNCTION keep_lead_text();

CREATE TRIGGER leads_text_update AFTER UPDATE OF title, description ON leads FOR EACH ROW WHEN ((((old.title)::text IS DISTINCT FROM (new.title)::text) OR (old.description IS DISTINCT FROM new.description))) EXECUTE FUNCTION keep_lead_text();

CREATE TRIGGER leads_todo_at BEFORE UPDATE OF owner_id ON leads FOR EACH ROW WHEN ((old.owner_id IS DISTINCT FROM new.owner_id)) EXECUTE FUNCTION keep_todo_at_of_owner();

CREATE TRIGGER leads_totals_at_once AFTER UPDATE ON leads REFERENCING OLD TABLE AS removed NEW TABLE AS added FOR EACH STATEMENT WHEN ((current_setting('relance.count_at_once'::text, true) = 'on'::text)) EXECUTE FUNCTION keep_lead_totals_of_many();

CREATE TRIGGER leads_totals_delete AFTER DELETE ON leads REFERENCING OLD TABLE AS removed FOR EACH STATEMENT EXECUTE FUNCTION keep_lead_totals_of_many();

CREATE TRIGGER leads_totals_insert AFTER INSERT ON leads REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION keep_lead_totals_of_many();

CREATE TRIGGER leads_totals_update AFTER UPDATE OF account_id, step_id, status, owner_id, currency, amount, probability ON leads FOR EACH ROW WHEN ((((old.account_id IS DISTINCT FROM new.account_id) OR (old.step_id IS DISTINCT FROM new.step_id) OR ((old.status)::text IS DISTINCT FROM (new.status)::text) OR (old.owner_id IS DISTINCT FROM new.owner_id) OR ((old.currency)::text IS DISTINCT FROM (new.currency)::text) OR (old.amount IS DISTINCT FROM new.amount) OR (old.probability IS DISTINCT FROM new.probability)) AND (current_setting('relance.count_at_once'::text, true) IS DISTINCT FROM 'on'::text))) EXECUTE FUNCTION keep_lead_totals();

CREATE TRIGGER reminders_todo_at AFTER UPDATE OF state, due_at, user_id, lead_id ON reminders FOR EACH ROW WHEN (((((old.state)::text = ANY (ARRAY[('PENDING'::character varying)::text, ('FIRED'::character varying)::text])) IS DISTINCT FROM ((new.state)::text = ANY (ARRAY[('PENDING'::character varying)::text, ('FIRED'::character varying)::text]))) OR (old.due_at IS DISTINCT FROM new.due_at) OR (old.lead_id IS DISTINCT FROM new.lead_id) OR ((old.user_id IS DISTINCT FROM new.user_id) AND (NOT (((old.state)::text = 'PENDING'::text) AND ((new.state)::text = 'FIRED'::text) AND (old.user_id IS NULL)))))) EXECUTE FUNCTION keep_todo_at();

CREATE TRIGGER reminders_todo_at_gone AFTER DELETE ON reminders FOR EACH ROW WHEN (((old.state)::text = ANY (ARRAY[('PENDING'::character varying)::text, ('FIRED'::character varying)::text]))) EXECUTE FUNCTION keep_todo_at();

CREATE TRIGGER reminders_todo_at_new AFTER INSERT ON reminders FOR EACH ROW WHEN (((new.state)::text = ANY (ARRAY[('PENDING'::character varying)::text, ('FIRED'::character varying)::text]))) EXECUTE FUNCTION keep_todo_at();

CREATE TRIGGER renew_account AFTER INSERT OR DELETE OR UPDATE ON memberships FOR EACH ROW EXECUTE FUNCTION renew_account();

CREATE TRIGGER renew_account AFTER DELETE OR UPDATE ON teams FOR EACH ROW EXECUTE FUNCTION renew_account();

ALTER TABLE ONLY api_keys
    ADD CONSTRAINT api_keys_account FOREIGN KEY (account_id) REFERENCES accounts(id);

ALTER TABLE ONLY api_keys
    ADD CONSTRAINT api_keys_user FOREIGN KEY (account_id, user_id) REFERENCES users(account_id, id);

ALTER TABLE ONLY calendar_feeds
    ADD CONSTRAINT calendar_feeds_user FOREIGN KEY (account_id, user_id) REFERENCES users(account_id, id);

ALTER TABLE ONLY deliveries
    ADD CONSTRAINT deliveries_digest FOREIGN KEY (account_id, digest_id) REFERENCES digests(account_id, id) NOT VALID;

ALTER TABLE ONLY deliveries
    ADD CONSTRAINT deliveries_endpoint FOREIGN KEY (account_id, endpoint_id) REFERENCES endpoints(account_id, id) NOT VALID;

ALTER TABLE ONLY deliveries
    ADD CONSTRAINT deliveries_notification FOREIGN KEY (account_id, notification_id) REFERENCES notifications(account_id, id);

ALTER TABLE ONLY deliveries
    ADD CONSTRAINT deliveries_user FOREIGN KEY (account_id, user_id) REFERENCES users(account_id, id);

ALTER TABLE ONLY delivery_attempts
    ADD CONSTRAINT delivery_attempts_delivery FOREIGN KEY (account_id, delivery_id) REFERENCES deliveries(account_id, id);

ALTER TABLE ONLY delivery_replays
    ADD CONSTRAINT delivery_replays_account FOREIGN KEY (account_id) REFERENCES accounts(id);

ALTER TABLE ONLY delivery_replays
    ADD CONSTRAINT delivery_replays_created_by FOREIGN KEY (account_id, created_by_id) REFERENCES users(account_id, id);

ALTER TABLE ONLY delivery_replays
    ADD CONSTRAINT delivery_replays_user FOREIGN KEY (account_id, user_id) REFERENCES users(account_id, id);

ALTER TABLE ONLY digests
    ADD CONSTRAINT digests_endpoint FOREIGN KEY (account_id, endpoint_id) REFERENCES endpoints(account_id, id);

ALTER TABLE ONLY digests
    ADD CONSTRAINT digests_user FOREIGN KEY (account_id, user_id) REFERENCES users(account_id, id);

ALTER TABLE ONLY dispatch_cursors
    ADD CONSTRAINT dispatch_cursors_account FOREIGN KEY (account_id) REFERENCES accounts(id);

ALTER TABLE ONLY endpoints
    ADD CONSTRAINT endpoints_account FOREIGN KEY (account_id) REFERENCES accounts(id);

ALTER TABLE ONLY endpoints
    ADD CONSTRAINT endpoints_user FOREIGN KEY (account_id, user_id) REFERENCES users(account_id, id);

ALTER TABLE ONLY failures
    ADD CONSTRAINT failures_account FOREIGN KEY (account_id) REFERENCES accounts(id);

ALTER TABLE ONLY idempotency_keys
    ADD CONSTRAINT idempotency_keys_account FOREIGN KEY (account_id) REFERENCES accounts(id);

ALTER TABLE ONLY journal_heads
    ADD CONSTRAINT journal_heads_account FOREIGN KEY (account_id) REFERENCES accounts(id);

ALTER TABLE ONLY journal
    ADD CONSTRAINT journal_lead FOREIGN KEY (account_id, lead_id) REFERENCES leads(account_id, id);

ALTER TABLE ONLY lead_texts
    ADD CONSTRAINT lead_texts_lead FOREIGN KEY (account_id, lead_id) REFERENCES leads(account_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY lead_totals
    ADD CONSTRAINT lead_totals_owner FOREIGN KEY (account_id, owner_id) REFERENCES users(account_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY lead_totals
    ADD CONSTRAINT lead_totals_step FOREIGN KEY (account_id, step_id) REFERENCES steps(account_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY leads
    ADD CONSTRAINT leads_created_by FOREIGN KEY (account_id, created_by_id) REFERENCES users(account_id, id);

ALTER TABLE ONLY leads
    ADD CONSTRAINT leads_owner FOREIGN KEY (account_id, owner_id) REFERENCES users(account_id, id);

ALTER TABLE ONLY leads
    ADD CONSTRAINT leads_reason FOREIGN KEY (account_id, reason_id) REFERENCES reasons(account_id, id);

ALTER TABLE ONLY leads
    ADD CONSTRAINT leads_step FOREIGN KEY (account_id, step_id) REFERENCES steps(account_id, id);

ALTER TABLE ONLY leads
    ADD CONSTRAINT leads_waking_reminder FOREIGN KEY (account_id, waking_reminder_id) REFERENCES reminders(account_id, id);

ALTER TABLE ONLY memberships
    ADD CONSTRAINT memberships_account FOREIGN KEY (account_id) REFERENCES accounts(id);

ALTER TABLE ONLY memberships
    ADD CONSTRAINT memberships_team FOREIGN KEY (account_id, team_id) REFERENCES teams(account_id, id);

ALTER TABLE ONLY memberships
    ADD CONSTRAINT memberships_user FOREIGN KEY (account_id, user_id) REFERENCES users(account_id, id);

ALTER TABLE ONLY notifications
    ADD CONSTRAINT notifications_lead FOREIGN KEY (account_id, lead_id) REFERENCES leads(account_id, id);

ALTER TABLE ONLY notifications
    ADD CONSTRAINT notifications_user FOREIGN KEY (account_id, user_id) REFERENCES users(account_id, id);

ALTER TABLE ONLY pipelines
    ADD CONSTRAINT pipelines_account FOREIGN KEY (account_id) REFERENCES accounts(id);

ALTER TABLE ONLY preferences
    ADD CONSTRAINT preferences_account FOREIGN KEY (account_id) REFERENCES accounts(id);

ALTER TABLE ONLY preferences
    ADD CONSTRAINT preferences_user FOREIGN KEY (account_id, user_id) REFERENCES users(account_id, id);

ALTER TABLE ONLY reasons
    ADD CONSTRAINT reasons_account FOREIGN KEY (account_id) REFERENCES accounts(id);

ALTER TABLE ONLY reminder_series
    ADD CONSTRAINT reminder_series_account FOREIGN KEY (account_id) REFERENCES accounts(id);

ALTER TABLE ONLY reminders
    ADD CONSTRAINT reminders_created_by FOREIGN KEY (account_id, created_by_id) REFERENCES users(account_id, id);

ALTER TABLE ONLY reminders
    ADD CONSTRAINT reminders_lead FOREIGN KEY (account_id, lead_id) REFERENCES leads(account_id, id);

ALTER TABLE ONLY reminders
    ADD CONSTRAINT reminders_series FOREIGN KEY (account_id, series_id) REFERENCES reminder_series(account_id, id) NOT VALID;

ALTER TABLE ONLY reminders
    ADD CONSTRAINT reminders_user FOREIGN KEY (account_id, user_id) REFERENCES users(account_id, id);

ALTER TABLE ONLY saved_views
    ADD CONSTRAINT saved_views_user FOREIGN KEY (account_id, user_id) REFERENCES users(account_id, id);

ALTER TABLE ONLY sessions
    ADD CONSTRAINT sessions_account FOREIGN KEY (account_id) REFERENCES accounts(id);

ALTER TABLE ONLY sessions
    ADD CONSTRAINT sessions_user FOREIGN KEY (account_id, user_id) REFERENCES users(account_id, id);

ALTER TABLE ONLY steps
    ADD CONSTRAINT steps_account FOREIGN KEY (account_id) REFERENCES accounts(id);

ALTER TABLE ONLY steps
    ADD CONSTRAINT steps_pipeline FOREIGN KEY (account_id, pipeline_id) REFERENCES pipelines(account_id, id);

ALTER TABLE ONLY teams
    ADD CONSTRAINT teams_account FOREIGN KEY (account_id) REFERENCES accounts(id);

ALTER TABLE ONLY users
    ADD CONSTRAINT users_account FOREIGN KEY (account_id) REFERENCES accounts(id);

ALTER TABLE ONLY watches
    ADD CONSTRAINT watches_lead FOREIGN KEY (account_id, lead_id) REFERENCES leads(account_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY watches
    ADD CONSTRAINT watches_pipeline FOREIGN KEY (account_id, pipeline_id) REFERENCES pipelines(account_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY watches
    ADD CONSTRAINT watches_step FOREIGN KEY (account_id, step_id) REFERENCES steps(account_id, id) ON DELETE CASCADE;

ALTER TABLE ONLY watches
    ADD CONSTRAINT watches_user FOREIGN KEY (account_id, user_id) REFERENCES users(account_id, id);

ALTER TABLE ONLY watches
    ADD CONSTRAINT watches_view FOREIGN KEY (account_id, view_id) REFERENCES saved_views(account_id, id) ON DELETE CASCADE;

INSERT INTO tortoise_migrations (app, name, applied_at) VALUES
    ('sales', '0001_initial', now()),
    ('sales', '0002_constraints', now()),
    ('sales', '0003_kept_figures', now()),
    ('sales', '0004_saved_views', now()),
    ('sales', '0005_reading_indexes', now()),
    ('sales', '0006_journal_of_steps', now()),
    ('sales', '0007_teams_are_told', now()),
    ('sales', '0008_endpoints', now()),
    ('sales', '0009_webhooks', now()),
    ('sales', '0010_preferences', now()),
    ('sales', '0011_reminders', now()),
    ('sales', '0012_undone', now()),
    ('sales', '0013_black_box', now()),
    ('sales', '0014_ways', now()),
    ('sales', '0015_firing', now()),
    ('sales', '0016_rates', now()),
    ('sales', '0017_keys_kept', now()),
    ('sales', '0018_held_again', now());
