-- Projects that alone may use a context; a context without any may be used by every project of its organisation.
create table context_restrictions (
  id uuid primary key default gen_random_uuid(),
  context_id uuid not null references contexts on delete cascade,
  project_id uuid not null references projects,
  created_at timestamptz not null default now(),
  unique (context_id, project_id)
);
