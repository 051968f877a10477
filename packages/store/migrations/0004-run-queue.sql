-- Whose a task is and what it asks for stand on the task itself: the queue is read from indexes of waiting tasks alone.
alter table tasks
  add column organization_id uuid,
  add column project_id uuid,
  add column resource_class text,
  -- Somebody put it before all others, limits or not.
  add column promoted_at timestamptz,
  -- A task that waited long for a machine with enough room: this agent makes room for it, and takes nothing else meanwhile.
  add column reserved_by uuid,
  add column reserved_until timestamptz;

update tasks t set organization_id = p.organization_id, project_id = p.id, resource_class = coalesce(j.resource_class, 'medium')
from jobs j join projects p on p.id = j.project_id where j.id = t.job_id;

alter table tasks
  alter column organization_id set not null,
  alter column project_id set not null,
  alter column resource_class set not null;

-- One line for each project and kind of machine, in the order in which its tasks go.
create index tasks_in_line on tasks (executor, organization_id, project_id, resource_class, cpus, memory_mb, promoted_at, queued_at, id)
  where phase = 'queued';
create index tasks_running on tasks (organization_id, project_id, resource_class) include (cpus) where phase = 'running';

-- How many tasks may run at once: of everybody (no organisation), an organisation or a project; of one class or of all.
-- None at all blocks new work. Claims that a limit concerns hold its row, so it is kept to the letter.
create table task_limits (
  id uuid primary key default gen_random_uuid(),
  organization_id uuid references organizations,
  project_id uuid references projects,
  resource_class text,
  max_tasks integer not null check (max_tasks >= 0),
  check (project_id is null or organization_id is not null),
  unique nulls not distinct (organization_id, project_id, resource_class)
);

alter table agents add column executors jsonb not null default '["docker"]';
create index attempts_open_of_agent on attempts (agent_id) where phase <> 'finished';
