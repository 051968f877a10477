-- The environment of a failed attempt is kept until then; what its owner asks for meanwhile, in order.
alter table attempts add column held_until timestamptz;
create index attempts_held on attempts (held_until) where held_until is not null;
create table hold_orders (
  id bigint generated always as identity primary key,
  attempt_id uuid not null references attempts on delete cascade,
  held_order jsonb not null
);
create index hold_orders_of_attempt on hold_orders (attempt_id, id);
