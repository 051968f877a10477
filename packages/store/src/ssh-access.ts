import type { SshAccess } from '@rondo/model'
import sql, { raw } from 'sql-template-tag'
import type { Database } from './database.ts'

/** Of users `u` and jobs `j`: the project allows SSH, and the user may start its jobs. */
const mayEnter = raw(`
  exists (select from projects p where p.id = j.project_id and not coalesce((p.settings ->> 'disableSsh')::boolean, false)
    and (u.admin or exists (select from members m where m.organization_id = p.organization_id and m.user_id = u.id and m.role in ('admin', 'writer'))))`)

/** Who may enter a job over SSH. */
export function createSshAccess(database: Database): SshAccess {
  return {
    allow: async (jobId, userId) =>
      (
        await database.rows(sql`
          insert into job_ssh_users (job_id, user_id)
          select j.id, u.id from jobs j, users u where j.id = ${jobId} and u.id = ${userId} and j.stopped_at is null
            and exists (select from job_ssh_users s where s.job_id = j.id) and ${mayEnter}
          on conflict (job_id, user_id) do update set created_at = job_ssh_users.created_at returning job_id`)
      ).length > 0,
    async admit(jobId, sha256, proven) {
      const [user] = await database.rows<{ login: string }>(sql`
        with admitted as (
          select u.id, u.login, j.id as job_id, j.project_id, j.workflow_id from user_keys k join users u on u.id = k.user_id
            join job_ssh_users s on s.user_id = u.id join jobs j on j.id = s.job_id
          where k.sha256 = ${sha256} and j.id = ${jobId} and ${mayEnter}
        ), told as (
          insert into events (kind, organization_id, project_id, pipeline_id, workflow_id, job_id, actor_id, data)
          select 'ssh.admitted', p.organization_id, p.id, w.pipeline_id, w.id, a.job_id, a.id, '{}'::jsonb
          from admitted a join projects p on p.id = a.project_id join workflows w on w.id = a.workflow_id
          where ${proven}
        )
        select login from admitted`)
      return user?.login
    },
    usersOf: async (jobId) =>
      (
        await database.rows<{ login: string }>(sql`
          select u.login from job_ssh_users s join users u on u.id = s.user_id where s.job_id = ${jobId} order by s.created_at`)
      ).map((row) => row.login),
  }
}
