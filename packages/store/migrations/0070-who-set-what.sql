-- What administrators did, in one organisation and in all, newest first. The kinds stand once more in `store/src/history.ts`.
create index events_of_administration on events (id)
  where kind in ('setting.changed', 'limit.changed', 'task.promoted', 'agent.drained', 'agent.resumed', 'agent.joined', 'agent.token-made', 'agent.token-revoked',
    'token.made', 'token.revoked', 'namespace.created', 'namespace.changed', 'namespace.deleted', 'orb.created', 'orb.changed', 'orb.published');
create index events_of_administration_in_organization on events (organization_id, id)
  where kind in ('setting.changed', 'limit.changed', 'task.promoted', 'agent.drained', 'agent.resumed', 'agent.joined', 'agent.token-made', 'agent.token-revoked',
    'token.made', 'token.revoked', 'namespace.created', 'namespace.changed', 'namespace.deleted', 'orb.created', 'orb.changed', 'orb.published');

-- Who set a limit that is there, and when.
alter table task_limits add column set_by uuid references users, add column set_at timestamptz;
update task_limits l set set_by = e.actor_id, set_at = e.at
from (
  select distinct on (organization_id, project_id, data->>'resourceClass') organization_id, project_id, data->>'resourceClass' as class, actor_id, at
  from events where kind = 'limit.changed' order by organization_id, project_id, data->>'resourceClass', id desc) e
where e.organization_id is not distinct from l.organization_id and e.project_id is not distinct from l.project_id
  and e.class is not distinct from l.resource_class;

-- The same of the values in `data`: {"name": {"by": "id of a user", "at": "time"}}.
alter table scoped_settings add column changes jsonb not null default '{}';
update scoped_settings s set changes = e.changes
from (
  select organization_id, project_id, jsonb_object_agg(name, jsonb_build_object('by', actor_id, 'at', at)) as changes
  from (
    select distinct on (organization_id, project_id, data->>'name') organization_id, project_id, data->>'name' as name, data->'value' as value, actor_id, at
    from events where kind = 'setting.changed' order by organization_id, project_id, data->>'name', id desc) last
  where value <> 'null' group by organization_id, project_id) e
where e.organization_id is not distinct from s.organization_id and e.project_id is not distinct from s.project_id;
