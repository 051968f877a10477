-- Schedules set up by API, and those of configs: one row for each workflow, branch and cron text, as of the branch's last push.
create table schedules (
  id uuid primary key default gen_random_uuid(),
  project_id uuid not null references projects,
  origin text not null check (origin in ('api', 'config')),
  name text not null,
  description text not null default '',
  branch text,
  tag text,
  timetable jsonb not null,
  parameters jsonb not null default '{}',
  actor_id uuid references users,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  -- The next run; in the past: it is due. Null: there is none.
  next_at timestamptz,
  check ((branch is null) <> (tag is null))
);
create unique index schedules_by_name on schedules (project_id, name) where origin = 'api';
create unique index schedules_of_branch on schedules (project_id, branch, name, timetable) where origin = 'config';
create index schedules_due on schedules (next_at) where next_at is not null;
