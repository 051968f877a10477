-- How many machines a joining token may still let in; null: any number.
alter table agent_tokens add column uses_left int check (uses_left >= 0);
