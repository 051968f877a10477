-- What administrators set, for everybody (neither), an organisation or a project; the nearest counts.
create table scoped_settings (
  organization_id uuid references organizations,
  project_id uuid references projects,
  data jsonb not null default '{}',
  check (project_id is null or organization_id is not null),
  unique nulls not distinct (organization_id, project_id)
);
