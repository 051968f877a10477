-- Approvals that wait, by how long.
create index jobs_on_hold on jobs (queued_at) where status = 'on_hold';

-- Whether a digest is a cache of the project, and whether anything still needs an object.
create index caches_by_digest on caches (digest, project_id);
create index workspace_layers_by_digest on workspace_layers (digest);
