-- Keys with which repositories elsewhere may be read; the private half is sealed by the key ring.
create table checkout_keys (
  id uuid primary key default gen_random_uuid(),
  project_id uuid not null references projects,
  type text not null check (type in ('deploy-key', 'github-user-key')),
  public_key text not null,
  sealed bytea not null,
  md5 text not null,
  sha256 text not null,
  created_by uuid references users,
  created_at timestamptz not null default now(),
  unique (project_id, sha256)
);
