-- Members write; who may only read, and who owns, is said from here on.
alter table members drop constraint members_role_check;
update members set role = 'writer' where role = 'member';
alter table members add constraint members_role_check check (role in ('admin', 'writer', 'reader'));

-- Tokens of one project, for what no person stands behind; kept as sha256 only (rule D-20).
create table project_tokens (
  id uuid primary key default gen_random_uuid(),
  project_id uuid not null references projects,
  scope text not null check (scope in ('status', 'view-builds', 'all')),
  label text not null,
  hash bytea not null unique,
  created_by uuid not null references users,
  created_at timestamptz not null default now(),
  last_used_at timestamptz
);
create index project_tokens_of_project on project_tokens (project_id);

-- Projects whose builds somebody wants to see in their lists.
create table follows (
  user_id uuid not null references users,
  project_id uuid not null references projects,
  primary key (user_id, project_id)
);
