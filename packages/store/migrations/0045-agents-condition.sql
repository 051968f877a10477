-- How each agent stood when it said so last, and whether an administrator asked it to take nothing new.
alter table agents
  add column condition jsonb,
  add column draining_since timestamptz;
