import type { BuildOrigin } from '@rondo/model'
import sql from 'sql-template-tag'
import type { Runner } from './database.ts'

/** Of each job what it repeats, which may itself be a job that a rerun kept, and to whom it is open. */
export async function buildOrigins(
  runner: Runner,
  jobIds: readonly string[],
): Promise<ReadonlyMap<string, BuildOrigin>> {
  const rows = await runner.rows<BuildOrigin & { id: string }>(sql`
    select j.id, coalesce(b.number, k.number) as "retryOf",
      array(select s.user_id from job_ssh_users s where s.job_id = j.id order by s.created_at)::text[] as "sshUsers"
    from jobs j join workflows w on w.id = j.workflow_id
      left join jobs b on b.workflow_id = w.rerun_of and b.name = j.name left join jobs k on k.id = b.kept_from
    where j.id = any(${[...jobIds]}::uuid[])`)
  return new Map(rows.map(({ id, ...origin }) => [id, origin]))
}
