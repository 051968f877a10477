import { isFinalJobStatus } from '@rondo/model'
import type { JobPageView, JobView, PipelineView, StepView } from '@rondo/protocol'
import { mark, type Paint, painter, seconds } from '../terminal/paint.ts'

const stepsShown = 3

export interface ViewOptions {
  readonly color: boolean
  readonly columns: number
  readonly frame: number
  readonly now: number
}

/**
 * A pipeline as lines of a terminal: each job with its time as a bar on one time line, what it does or waits for, and the
 * last steps of those that run.
 */
export function renderPipeline(
  pipeline: PipelineView,
  pages: ReadonlyMap<string, JobPageView>,
  options: ViewOptions,
): readonly string[] {
  const paint = painter(options.color)
  const where = `${pipeline.branch ?? pipeline.tag} · ${pipeline.revision.slice(0, 7)} · ${pipeline.subject}`
  const { organizationName, name } = pipeline.project
  const lines = [`  ${paint('bold', `${organizationName}/${name} #${pipeline.number}`)}  ${paint('dim', where)}`]
  for (const error of pipeline.errors)
    lines.push('', ...error.message.split('\n').map((line) => `  ${paint('red', line)}`))
  const jobs = pipeline.workflows.flatMap((workflow) => workflow.jobs)
  const grid = layOut(jobs, options)
  for (const workflow of pipeline.workflows) {
    const total = workflow.status === 'running' ? '' : elapsed(workflow.jobs, options.now)
    lines.push(
      '',
      `  ${mark(workflow.status, paint, options.frame)} ${paint('bold', workflow.name)}  ${paint('dim', [workflow.status.replaceAll('_', ' '), total].filter(Boolean).join(' · '))}`,
    )
    for (const job of workflow.jobs) lines.push(...renderJob(job, pages.get(job.id), grid, paint, options))
  }
  return lines
}

interface Grid {
  readonly nameWidth: number
  readonly barWidth: number
  readonly from: number
  readonly to: number
}

/** One time line for all jobs, from the first start to now or the last end. */
function layOut(jobs: readonly JobView[], { columns, now }: ViewOptions): Grid {
  const nameWidth = Math.max(4, ...jobs.map((job) => job.name.length))
  const started = jobs.flatMap((job) =>
    job.startedAt === null || job.type !== 'build' ? [] : [Date.parse(job.startedAt)],
  )
  const from = Math.min(now, ...started)
  const ended = jobs.map((job) =>
    job.status === 'running' ? now : job.stoppedAt === null ? from : Date.parse(job.stoppedAt),
  )
  // Until something takes a while, a second fills the line: the first bars should not jump.
  const to = Math.max(from + 1_000, ...ended)
  return { nameWidth, barWidth: Math.max(0, Math.min(40, columns - nameWidth - 42)), from, to }
}

function renderJob(
  job: JobView,
  page: JobPageView | undefined,
  grid: Grid,
  paint: Paint,
  options: ViewOptions,
): readonly string[] {
  const steps = page?.slices.flatMap((slice) => slice.steps) ?? []
  const words = paint(job.status === 'failed' ? 'red' : 'dim', describe(job, steps))
  const head = `    ${mark(job.status, paint, options.frame)} ${job.name.padEnd(grid.nameWidth)}  ${bar(job, grid, paint, options.now)}  ${timing(job, options.now).padStart(7)}  ${words}`
  if (job.status !== 'running') return [head.trimEnd()]
  const shown = steps.slice(-stepsShown)
  return [head.trimEnd(), ...shown.map((step, index) => renderStep(step, index === shown.length - 1, paint, options))]
}

function renderStep(step: StepView, last: boolean, paint: Paint, { frame, now }: ViewOptions): string {
  const status = step.phase !== 'finished' ? 'running' : step.result === 'passed' ? 'success' : 'failed'
  const time = seconds((step.finishedAt === null ? now : Date.parse(step.finishedAt)) - Date.parse(step.startedAt))
  return `      ${paint('dim', last ? '└' : '├')} ${mark(status, paint, frame)} ${paint('dim', `${step.name}  ${time}`)}`
}

/** Where on the time line a job ran. */
function bar(job: JobView, grid: Grid, paint: Paint, now: number): string {
  const scale = (time: number) => Math.round(((time - grid.from) / (grid.to - grid.from)) * grid.barWidth)
  if (job.startedAt === null || job.type !== 'build' || grid.barWidth < 8) return ' '.repeat(grid.barWidth)
  const end = scale(job.stoppedAt === null ? now : Date.parse(job.stoppedAt))
  const begin = Math.min(scale(Date.parse(job.startedAt)), grid.barWidth - 1)
  const length = Math.max(1, end - begin)
  const color =
    job.status === 'success'
      ? 'green'
      : job.status === 'running'
        ? 'blue'
        : isFinalJobStatus(job.status)
          ? 'red'
          : 'dim'
  return `${' '.repeat(begin)}${paint(color, '━'.repeat(length))}${' '.repeat(Math.max(0, grid.barWidth - begin - length))}`
}

function describe(job: JobView, steps: readonly StepView[]): string {
  if (job.status === 'success')
    return job.type === 'approval' ? `approved by ${job.approvedBy?.login ?? 'somebody'}` : ''
  if (job.status === 'on_hold') return 'waits for your approval'
  if (job.status === 'running') return steps.length > 0 ? `step ${steps.length}` : ''
  if (job.status === 'blocked') return job.requires.length > 0 ? `after ${job.requires.join(', ')}` : ''
  return job.message?.split('\n')[0] ?? job.status.replaceAll('_', ' ')
}

function timing(job: JobView, now: number): string {
  if (job.startedAt === null || job.type !== 'build') return ''
  return seconds((job.stoppedAt === null ? now : Date.parse(job.stoppedAt)) - Date.parse(job.startedAt))
}

/** From the first start to the last end of what ran. */
function elapsed(jobs: readonly JobView[], now: number): string {
  const ran = jobs.filter((job) => job.type === 'build' && job.startedAt !== null)
  if (ran.length === 0) return ''
  const ends = ran.map((job) => (job.stoppedAt === null ? now : Date.parse(job.stoppedAt)))
  return seconds(Math.max(...ends) - Math.min(...ran.map((job) => Date.parse(job.startedAt ?? ''))))
}

/** Whether everything that can run by itself has ended: what waits for approval does not count. */
export function settled(pipeline: PipelineView): boolean {
  return pipeline.workflows.every((workflow) =>
    workflow.jobs.every(
      (job) =>
        isFinalJobStatus(job.status) ||
        job.status === 'on_hold' ||
        (job.status === 'blocked' && workflow.status === 'on_hold'),
    ),
  )
}

export function allGreen(pipeline: PipelineView): boolean {
  return (
    pipeline.workflows.length > 0 &&
    pipeline.workflows.every((workflow) => workflow.status === 'success' || workflow.status === 'on_hold')
  )
}

/** One line of each job whose status is another than last time; for pipes and logs. */
export function changedJobs(pipeline: PipelineView, told: ReadonlyMap<string, string>, now: number): readonly string[] {
  return pipeline.workflows
    .flatMap((workflow) => workflow.jobs)
    .filter((job) => told.get(job.id) !== job.status && job.status !== 'blocked' && job.status !== 'queued')
    .map((job) =>
      `  ${job.name}: ${job.status.replaceAll('_', ' ')}  ${isFinalJobStatus(job.status) ? timing(job, now) : ''}`.trimEnd(),
    )
}
