-- Public SSH keys of people, with which they enter jobs that they rerun with SSH.
create table user_keys (
  id uuid primary key default uuidv7(),
  user_id uuid not null references users on delete cascade,
  name text not null,
  public_key text not null,
  sha256 text not null unique,
  created_at timestamptz not null default now()
);
create index user_keys_of_user on user_keys (user_id, created_at);

-- Who may enter a job over SSH while it runs. A job without a row is closed.
create table job_ssh_users (
  job_id uuid not null references jobs on delete cascade,
  user_id uuid not null references users on delete cascade,
  created_at timestamptz not null default now(),
  primary key (job_id, user_id)
);
