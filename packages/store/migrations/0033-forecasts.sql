-- When a waiting task was expected to start, as foretold when it was first seen waiting; and when it did.
create table forecasts (
  task_id uuid primary key references tasks on delete cascade,
  made_at timestamptz not null default now(),
  expected_at timestamptz not null,
  started_at timestamptz
);
create index forecasts_open on forecasts (task_id) where started_at is null;
create index forecasts_by_start on forecasts (started_at) where started_at is not null;
