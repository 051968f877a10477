-- What goes on by itself: how each loop of each server does, as it told last.
create table loops (
  name text not null,
  server text not null,
  pause_ms integer not null,
  round_at timestamptz not null default now(),
  took_ms integer not null,
  failed_at timestamptz,
  problem text,
  primary key (name, server)
);
-- What dispatcher and scheduler did, newest first.
create index events_of_dispatch on events (id) where kind in ('pipeline.created', 'task.queued', 'task.promoted', 'task.claimed', 'task.started', 'task.finished', 'task.requeued');
