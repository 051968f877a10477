import type { Hold, HoldEnd, HoldFacts, HoldOrder, Holds, HoldTerms } from '@rondo/model'
import sql, { raw } from 'sql-template-tag'
import type { Database, Runner } from './database.ts'
import { projectSlugColumn } from './slug-columns.ts'

/** What of a session is worth a line in the history: not each key that was pressed. */
const told: ReadonlySet<HoldOrder['type']> = new Set(['open-shell', 'run', 'continue', 'release'])

/** Environments of failed jobs that stay for a while. */
export function createHolds(database: Database): Holds {
  return {
    begin: (attemptId, terms) => database.transact((tx) => begin(tx, attemptId, terms)),
    async end(attemptId, why) {
      await database.transact(async (tx) => {
        const ended = await tx.rows(
          sql`update attempts set held_until = now() where id = ${attemptId} and held_until > now() returning id`,
        )
        await tx.rows(sql`delete from hold_orders where attempt_id = ${attemptId}`)
        if (ended.length > 0) await record(tx, attemptId, 'hold.ended', null, { because: why })
      })
    },
    ofJob: (jobId) =>
      database.rows<Hold>(sql`
        select a.id as "attemptId", t.index as slice, a.held_until as until from tasks t join attempts a on a.id = t.attempt_id
        where t.job_id = ${jobId} and a.held_until > now() and a.phase = 'finished' order by t.index`),
    facts: (jobId, slice) => readFacts(database, jobId, slice),
    order: (hold, orders, actorId) =>
      database.transact(async (tx) => {
        const held = await tx.rows(
          sql`select 1 from attempts where id = ${hold.attemptId} and held_until > now() for share`,
        )
        if (held.length === 0) return false
        for (const order of orders) {
          await tx.rows(
            sql`insert into hold_orders (attempt_id, held_order) values (${hold.attemptId}, ${JSON.stringify(order)}::jsonb)`,
          )
          if (told.has(order.type)) await record(tx, hold.attemptId, 'hold.ordered', actorId, { order: order.type })
        }
        await tx.rows(sql`select pg_notify('rondo', 'stop')`)
        return true
      }),
    async orders(attemptId, after) {
      await database.rows(sql`delete from hold_orders where attempt_id = ${attemptId} and id <= ${after}`)
      return database.rows<{ id: number; order: HoldOrder }>(
        sql`select id, held_order as "order" from hold_orders where attempt_id = ${attemptId} and id > ${after} order by id limit 200`,
      )
    },
  }
}

/** `forkOf` of the model, of a pipeline `pl`. */
const foreign = raw(`coalesce(pl.git ->> 'branch', pl.git ->> 'asBranch') like 'pull/%'`)

async function begin(tx: Runner, attemptId: string, terms: HoldTerms): Promise<number | undefined> {
  // The organisation's row first: two that end together do not both take its last place.
  const [place] = await tx.rows<{ organizationId: string; leftMs: number | null }>(sql`
    select o.id as "organizationId", (extract(epoch from a.held_until - now()) * 1000)::float8 as "leftMs"
    from attempts a join tasks t on t.id = a.task_id join jobs j on j.id = t.job_id join projects p on p.id = j.project_id
      join workflows w on w.id = j.workflow_id join pipelines pl on pl.id = w.pipeline_id join organizations o on o.id = p.organization_id
    where a.id = ${attemptId} and t.attempt_id = a.id and coalesce((p.settings ->> 'holdFailedJobs')::boolean, false)
      and not coalesce((p.settings ->> 'disableSsh')::boolean, false)
      and ${foreign} is not true
      and not exists (select from agents g where g.id = a.agent_id and g.draining_since is not null) for update of o`)
  if (place === undefined) return undefined
  if (place.leftMs !== null) return place.leftMs > 0 ? place.leftMs : undefined
  const held = await tx.rows(sql`
    select 1 from attempts a join tasks t on t.id = a.task_id where a.held_until > now() and t.organization_id = ${place.organizationId}`)
  if (held.length >= terms.quota) return undefined
  await tx.rows(sql`update attempts set held_until = now() + ${terms.forMs} * interval '1 ms' where id = ${attemptId}`)
  await record(tx, attemptId, 'hold.began', null, { forMs: terms.forMs })
  return terms.forMs
}

/** Who gave it back is who asked for it last; the agent says only that somebody did. */
async function readFacts(runner: Runner, jobId: string, slice: number): Promise<HoldFacts | undefined> {
  type Row = Omit<HoldFacts, 'ended'> & { why: HoldEnd | null; at: Date; by: string | null }
  const about = (kind: string) =>
    sql`from events e left join users u on u.id = e.actor_id where e.pipeline_id = w.pipeline_id and e.job_id = j.id and e.kind = ${kind} and (e.data ->> 'slice')::int = t.index`
  const [row] = await runner.rows<Row>(sql`
    select j.name as "jobName", ${projectSlugColumn} as "projectSlug", t.index as slice, j.parallelism as slices, t.phase, t.result,
      coalesce((p.settings ->> 'holdFailedJobs')::boolean, false) as asked, coalesce((p.settings ->> 'disableSsh')::boolean, false) as forbidden,
      ${foreign} is true as fork, g.name as agent, a.held_until as until, ended.why, ended.at,
      (select u.login ${about('hold.ordered')} and e.data ->> 'order' = 'release' order by e.id desc limit 1) as by
    from tasks t join jobs j on j.id = t.job_id join projects p on p.id = j.project_id join organizations o on o.id = p.organization_id
      join workflows w on w.id = j.workflow_id join pipelines pl on pl.id = w.pipeline_id
      left join attempts a on a.id = t.attempt_id left join agents g on g.id = a.agent_id
      left join lateral (select e.data ->> 'because' as why, e.at ${about('hold.ended')} order by e.id desc limit 1) ended on true
    where t.job_id = ${jobId} and t.index = ${slice}`)
  if (row === undefined) return undefined
  const { why, at, by, ...facts } = row
  return { ...facts, ended: why === null ? null : { why, at, by } }
}

async function record(
  tx: Runner,
  attemptId: string,
  kind: string,
  actorId: string | null,
  data: Readonly<Record<string, unknown>>,
): Promise<void> {
  await tx.rows(sql`
    insert into events (kind, organization_id, project_id, pipeline_id, workflow_id, job_id, actor_id, data)
    select ${kind}, t.organization_id, t.project_id, w.pipeline_id, w.id, j.id, ${actorId}::uuid, ${JSON.stringify(data)}::jsonb || jsonb_build_object('slice', t.index)
    from attempts a join tasks t on t.id = a.task_id join jobs j on j.id = t.job_id join workflows w on w.id = j.workflow_id where a.id = ${attemptId}`)
  await tx.rows(sql`select pg_notify('rondo', 'events')`)
}
