import type { RequestKey, ReservedPipeline } from '@rondo/model'
import sql from 'sql-template-tag'
import { usableContexts } from './contexts.ts'
import type { Database, Runner } from './database.ts'

/** A pipeline that is wanted, by a request that may be under way on another server as well. */
export interface WantedPipeline {
  readonly projectId: string
  readonly once: RequestKey | undefined
}

/** How long repeats of a request share what it has reserved: longer than it takes to compile, too short to be overtaken by many. */
const sharedFor = sql`interval '5 minutes'`

/** The next pipelines of projects, one for each that is wanted, in that order; one for all that have the same key. */
export async function reservePipelines(
  database: Database,
  wanted: readonly WantedPipeline[],
): Promise<readonly (ReservedPipeline | undefined)[]> {
  const keyed = new Map(wanted.filter(isKeyed).map((one) => [idOf(one), one]))
  if (keyed.size === 0)
    return takeNumbers(
      database.prepared,
      wanted.map(({ projectId }) => projectId),
    )
  return database.transact(async (tx) => {
    const first = await takeKeys(tx, [...keyed.values()])
    const keyless = wanted.filter(({ once }) => once === undefined)
    const taken = await takeNumbers(
      tx,
      [...keyless, ...first].map(({ projectId }) => projectId),
    )
    await keepNumbers(tx, first, taken.slice(keyless.length))
    const shared = await readShared(tx, [...keyed.values()])
    const free = taken.values()
    return wanted.map((one) => (isKeyed(one) ? shared.get(idOf(one)) : free.next().value))
  })
}

type Keyed = WantedPipeline & { readonly once: RequestKey }
type KeyRow = Pick<RequestKey, 'scope' | 'key'> & Pick<WantedPipeline, 'projectId'>

const isKeyed = (one: WantedPipeline): one is Keyed => one.once !== undefined
const nameOf = (scope: string, key: string, projectId: string) => JSON.stringify([scope, key, projectId])
const idOf = ({ once, projectId }: Keyed) => nameOf(once.scope, once.key, projectId)

/** Answers those whose key nobody has taken. Waits for who takes the same key now; in one order, so that two never wait for each other. */
async function takeKeys(tx: Runner, keyed: readonly Keyed[]): Promise<readonly Keyed[]> {
  // What is old goes a few at a time; what somebody else deletes is left to them.
  await tx.rows(sql`
    delete from pipeline_reservations where (scope, key, project_id) in (
      select scope, key, project_id from pipeline_reservations where at < now() - interval '1 hour' order by at limit 100 for update skip locked)`)
  const rows = await tx.rows<KeyRow>(sql`
    insert into pipeline_reservations as r (scope, key, project_id)
    select * from unnest(${keyed.map(({ once }) => once.scope)}::text[], ${keyed.map(({ once }) => once.key)}::text[],
      ${keyed.map(({ projectId }) => projectId)}::uuid[]) as wanted(scope, key, project_id) order by scope, key, project_id
    on conflict (scope, key, project_id) do update set pipeline_id = null, number = null, at = now() where r.at < now() - ${sharedFor}
    returning scope, key, project_id as "projectId"`)
  const taken = new Set(rows.map(({ scope, key, projectId }) => nameOf(scope, key, projectId)))
  return keyed.filter((one) => taken.has(idOf(one)))
}

async function keepNumbers(
  tx: Runner,
  keyed: readonly Keyed[],
  reserved: readonly (ReservedPipeline | undefined)[],
): Promise<void> {
  if (keyed.length === 0) return
  await tx.rows(sql`
    update pipeline_reservations r set pipeline_id = e.id, number = e.number
    from unnest(${keyed.map(({ once }) => once.scope)}::text[], ${keyed.map(({ once }) => once.key)}::text[],
      ${keyed.map(({ projectId }) => projectId)}::uuid[], ${reserved.map((one) => one?.id ?? null)}::uuid[],
      ${reserved.map((one) => one?.number ?? null)}::int[]) as e(scope, key, project_id, id, number)
    where r.scope = e.scope and r.key = e.key and r.project_id = e.project_id`)
}

/** What is reserved by these keys, with the contexts that their project may use now. */
async function readShared(tx: Runner, keyed: readonly Keyed[]): Promise<ReadonlyMap<string, ReservedPipeline>> {
  const rows = await tx.rows<ReservedPipeline & KeyRow>(sql`
    select r.scope, r.key, p.id as "projectId", r.pipeline_id as id, r.number, array(${usableContexts(sql`p.organization_id`, sql`p.id`)}) as contexts
    from unnest(${keyed.map(({ once }) => once.scope)}::text[], ${keyed.map(({ once }) => once.key)}::text[],
      ${keyed.map(({ projectId }) => projectId)}::uuid[]) as wanted(scope, key, project_id)
      join pipeline_reservations r on r.scope = wanted.scope and r.key = wanted.key and r.project_id = wanted.project_id
      join projects p on p.id = r.project_id
    where r.number is not null`)
  return new Map(
    rows.map(({ scope, key, projectId, ...reserved }) => [nameOf(scope, key, projectId), reserved] as const),
  )
}

/** The next pipelines of projects, one for each id in the list, which may hold an id several times; in its order. */
async function takeNumbers(
  runner: Runner,
  projectIds: readonly string[],
): Promise<readonly (ReservedPipeline | undefined)[]> {
  if (projectIds.length === 0) return []
  const rows = await runner.rows<ReservedPipeline & { projectId: string }>(sql`
    with asked as (select id, count(*)::int as times from unnest(${[...projectIds]}::uuid[]) id group by id order by id),
    taken as (
      update projects p set pipeline_number = pipeline_number + a.times from asked a where p.id = a.id
      returning p.id, p.organization_id, pipeline_number - a.times as before, a.times,
        array(${usableContexts(sql`p.organization_id`, sql`p.id`)}) as contexts)
    select uuidv7() as id, t.id as "projectId", t.before + turn as number, t.contexts
    from taken t, generate_series(1, t.times) turn order by t.id, turn`)
  const reserved = Map.groupBy(rows, (row) => row.projectId)
  return projectIds.map((projectId) => {
    const next = reserved.get(projectId)?.shift()
    return next && { id: next.id, number: next.number, contexts: next.contexts }
  })
}
