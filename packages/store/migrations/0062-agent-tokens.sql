-- Who may speak as which agent. `local` is the one that the server keeps in its data folder, `agent` one that an administrator or
-- a joining machine was given, `join` one with which machines become agents. Only hashes are kept.
create table agent_tokens (
  id uuid primary key default uuidv7(),
  kind text not null check (kind in ('local', 'agent', 'join')),
  -- The agent's, or what a joining token is called.
  name text not null,
  agent_id uuid references agents,
  hash bytea not null unique,
  -- Of an agent that joined: with which token, and which folder asked for it.
  joined_by uuid references agent_tokens,
  folder text,
  created_by uuid references users on delete set null,
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  expires_at timestamptz,
  revoked_at timestamptz,
  revoked_by uuid references users on delete set null,
  check ((kind = 'join') = (agent_id is null))
);
create index agent_tokens_of_agent on agent_tokens (agent_id);
create unique index agent_tokens_of_folder on agent_tokens (joined_by, folder) where revoked_at is null;

-- Since nobody may speak as this agent any more.
alter table agents add column revoked_at timestamptz;
