-- What the compiler warned of when the pipeline was made, beside the errors that keep one from starting.
alter table pipelines add column warnings jsonb not null default '[]';
