-- Server processes of this installation: what each does, since when it was heard of without a break, and when it last was.
-- A name is taken over by whoever starts under it.
create table instances (
  name text primary key,
  roles text[] not null,
  since timestamptz not null,
  seen_at timestamptz not null
);
