-- When a waiting job was expected to start, as first foretold for each kind of wait; and when it did. Of a lock node: when it
-- was expected to have its lock. Errors that were measured before are forgotten: those forecasts knew of nothing but room.
drop table forecasts;
create table forecasts (
  job_id uuid not null references jobs on delete cascade,
  kind text not null check (kind in ('jobs', 'lock', 'limit', 'room')),
  made_at timestamptz not null default now(),
  expected_at timestamptz not null,
  started_at timestamptz,
  primary key (job_id, kind)
);
create index forecasts_open on forecasts (job_id) where started_at is null;
create index forecasts_by_start on forecasts (started_at) where started_at is not null;
