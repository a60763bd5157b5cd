-- What every side finds beside Relance's own indexes. When a migration brings the like of one, it goes from here.

-- The board: a column's open leads in rank order, counted and summed without reading the rows.
create index if not exists bench_board on leads (account_id, step_id, rank)
  include (amount, currency, probability, owner_id) where status in ('TODO', 'STANDBY');
-- The filtered list: one person's leads in a status.
create index if not exists bench_owner_status on leads (account_id, owner_id, status, number desc);
