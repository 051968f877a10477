-- Pushes that Git may have carried out and of which not everything that follows has been done.
create table pushes (
  id uuid primary key default gen_random_uuid(),
  project_id uuid not null references projects on delete cascade,
  actor_id uuid not null,
  refs jsonb not null,
  pull_requests jsonb,
  noted_at timestamptz not null default now(),
  due_at timestamptz not null
);
create index pushes_due on pushes (due_at);
create index pushes_of_project on pushes (project_id);
