-- What attempts use of their machines: one row an attempt, at most some hundred samples each.
create table attempt_usage (
  attempt_id uuid primary key references attempts on delete cascade,
  started_at timestamptz not null,
  interval_ms integer not null,
  cpus real not null,
  memory_mb integer not null,
  cpu_milli integer[] not null,
  memory_kb integer[] not null
);
