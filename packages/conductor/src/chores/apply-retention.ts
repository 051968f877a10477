import {
  type Clock,
  type ExpiredCount,
  type Objects,
  type OldOutput,
  type RetentionDays,
  type RetentionKind,
  type RetentionStore,
  retentionKinds,
  retentionSetting,
  type SettingsStore,
  type SettingsView,
  type StepOutput,
  settingOf,
} from '@rondo/model'
import { stepIdOf } from '../attempts/step-id.ts'
import { type LoopOptions, runPeriodically } from './run-periodically.ts'

export interface RetentionPorts {
  readonly retention: Omit<RetentionStore, 'count'>
  readonly settings: Pick<SettingsStore, 'view'>
  readonly output: Pick<StepOutput, 'remove'>
  readonly objects: Pick<Objects, 'unused' | 'removeUnused'>
  readonly clock: Clock
}

/** Rows of so many jobs a transaction: short enough that nobody waits for it. */
const jobsAtOnce = 200
/** Of a lost attempt the first so many steps may have output although nobody was told of them. */
const untoldSteps = 256
const projectsCursor = 'retention'
const objectsCursor = 'objects'
/** Written at least so long ago and named by nothing: whoever wrote it will not name it any more (rule D-10). */
const graceMs = 24 * 3_600_000

/** Takes what is older than it is kept for, one project a round, from the project where the last round stopped. */
export function applyRetention(
  ports: RetentionPorts,
  options: LoopOptions & { readonly batch?: number },
  signal: AbortSignal,
): Promise<void> {
  return runPeriodically(
    ports,
    { everyMs: 600_000, ...options, round: async () => (await retainOneProject(ports, options.batch)) !== undefined },
    signal,
  )
}

/** Removes objects that nothing names, one folder of 256 a round: a whole walk takes hours, and no round long. */
export function sweepObjects(
  ports: Pick<RetentionPorts, 'retention' | 'objects' | 'clock'>,
  options: LoopOptions,
  signal: AbortSignal,
): Promise<void> {
  return runPeriodically(ports, { everyMs: 60_000, ...options, round: async () => sweepNextFolder(ports) }, signal)
}

/** The project that was looked through; undefined: that was the last, and the next round begins anew. `batch`: jobs a transaction. */
export async function retainOneProject(
  ports: Omit<RetentionPorts, 'objects' | 'clock'>,
  batch: number = jobsAtOnce,
): Promise<{ readonly id: string } | undefined> {
  const { retention } = ports
  const [project] = await retention.projectsAfter(await retention.cursor(projectsCursor), 1)
  if (project === undefined) {
    await retention.saveCursor(projectsCursor, null)
    return undefined
  }
  const view = await ports.settings.view()
  for (const kind of retentionKinds) {
    const days = settingOf(view, retentionSetting(kind), project.id)
    // 0: for ever.
    if (days > 0) await retainKind(ports, { projectId: project.id, kind, days, batch })
  }
  await retention.saveCursor(projectsCursor, project.id)
  return project
}

interface Policy {
  readonly projectId: string
  readonly kind: RetentionKind
  readonly days: number
  readonly batch: number
}

async function retainKind(
  { retention, output }: Pick<RetentionPorts, 'retention' | 'output'>,
  { projectId, kind, days, batch }: Policy,
): Promise<void> {
  /** Bytes first, then the word that they are gone: cut in between, the same is done again. */
  async function remove({ stepIds, lostAttempts }: Omit<OldOutput, 'jobIds'>): Promise<void> {
    for (const id of stepIds) await output.remove(id)
    for (const id of lostAttempts)
      for (let index = 0; index < untoldSteps; index++) await output.remove(stepIdOf(id, index))
  }

  switch (kind) {
    case 'output':
      for (;;) {
        const { jobIds, ...old } = await retention.oldOutput(projectId, days, batch)
        if (jobIds.length === 0) return
        await remove(old)
        await retention.forgetOutput(old.stepIds, { projectId, jobIds })
      }
    case 'pipelines':
      for (;;) {
        const old = await retention.oldPipeline(projectId, days, batch)
        if (old === undefined) return
        await remove(old)
        if (old.stepIds.length > 0) await retention.forgetOutput(old.stepIds)
        else while (!(await retention.dropPipeline(old.id, batch)));
      }
    default:
      while ((await retention.expire(projectId, kind, days, batch)).more);
  }
}

/** What retention would take now, deleting nothing. */
export interface DueRetention extends ExpiredCount {
  readonly project: string
  readonly kind: RetentionKind
  readonly days: number
}

/** A dry run over these projects. */
export async function dueRetention(
  retention: Pick<RetentionStore, 'count'>,
  projects: readonly { readonly id: string; readonly slug: string }[],
  view: SettingsView,
): Promise<readonly DueRetention[]> {
  const found: DueRetention[] = []
  for (const { id, slug } of projects) {
    const days = retentionDays(view, id)
    const counted = await retention.count(id, days)
    for (const kind of retentionKinds) {
      const { count, bytes } = counted[kind]
      if (count > 0) found.push({ project: slug, kind, days: days[kind], count, bytes })
    }
  }
  return found
}

/** How long a project keeps each kind. */
export function retentionDays(view: SettingsView, projectId: string): RetentionDays {
  const days = retentionKinds.map((kind) => [kind, settingOf(view, retentionSetting(kind), projectId)])
  return Object.fromEntries(days) as RetentionDays
}

/** One folder; answers false, since the next can wait. */
export async function sweepNextFolder({
  retention,
  objects,
}: Pick<RetentionPorts, 'retention' | 'objects'>): Promise<boolean> {
  const last = await retention.cursor(objectsCursor)
  const next = last === null ? 0 : (Number.parseInt(last, 16) + 1) % 256
  const folder = next.toString(16).padStart(2, '0')
  for await (const digests of objects.unused(folder, graceMs)) {
    const needed = await retention.referenced(digests)
    for (const digest of digests) if (!needed.has(digest)) await objects.removeUnused(digest, graceMs)
  }
  await retention.saveCursor(objectsCursor, folder)
  return false
}
