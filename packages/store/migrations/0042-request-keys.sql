-- Requests that made something and may be sent again: the key their client chose, and what they made.
create table request_keys (
  scope text not null,
  key text not null,
  fingerprint text not null,
  made_id uuid,
  at timestamptz not null default now(),
  primary key (scope, key)
);
create index request_keys_by_age on request_keys (at);
