-- Which process is the agent: the one that works on this folder, in this place; and who else tried to be it last.
alter table agents
  add column seat_folder text,
  add column seat_place text,
  add column seat_since timestamptz,
  add column rival_host text,
  add column rival_at timestamptz;
