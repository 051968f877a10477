-- Keys that jobs ask for by `add_ssh_keys`; the private half is sealed by the key ring. An empty hostname means every host.
create table ssh_keys (
  id uuid primary key default gen_random_uuid(),
  project_id uuid not null references projects,
  hostname text not null,
  public_key text not null,
  sealed bytea not null,
  md5 text not null,
  sha256 text not null,
  created_by uuid references users,
  created_at timestamptz not null default now(),
  unique (project_id, hostname, sha256)
);

-- A key that opens the built-in hosting over SSH is found by its fingerprint.
create index checkout_keys_by_fingerprint on checkout_keys (sha256);
