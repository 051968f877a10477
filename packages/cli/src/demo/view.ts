import { stripVTControlCharacters } from 'node:util'
import type { JobPageView, JobView, PipelineView, StepView } from '@rondo/protocol'

const spinner = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏']
const done = new Set(['success', 'failed', 'canceled', 'timedout', 'infrastructure_fail', 'unauthorized', 'not_run'])

export interface ViewOptions {
  readonly color: boolean
  readonly columns: number
  readonly frame: number
  readonly now: number
}

/** A pipeline as lines of a terminal: workflows, their jobs, and the steps of jobs that run. */
export function renderPipeline(
  pipeline: PipelineView,
  pages: ReadonlyMap<string, JobPageView>,
  options: ViewOptions,
): readonly string[] {
  const paint = painter(options.color)
  const lines = [
    `${paint('bold', `Pipeline ${pipeline.number}`)}  ${pipeline.project.organizationName}/${pipeline.project.name}  ${paint('dim', `${pipeline.branch ?? pipeline.tag} · ${pipeline.revision.slice(0, 7)} · ${pipeline.subject}`)}`,
  ]
  for (const error of pipeline.errors)
    lines.push('', ...error.message.split('\n').map((line) => `  ${paint('red', line)}`))
  for (const workflow of pipeline.workflows) {
    lines.push(
      '',
      `  ${mark(workflow.status, options, paint)} ${paint('bold', workflow.name)}  ${paint('dim', workflow.status)}`,
    )
    const width = Math.max(...workflow.jobs.map((job) => job.name.length))
    for (const job of workflow.jobs) {
      lines.push(
        `    ${mark(job.status, options, paint)} ${job.name.padEnd(width)}  ${paint('dim', timing(job, options.now).padStart(7))}  ${paint('dim', job.status === 'success' ? '' : job.status.replaceAll('_', ' '))}`,
      )
      if (job.status !== 'running') continue
      const steps = pages.get(job.id)?.slices.flatMap((slice) => slice.steps) ?? []
      for (const step of steps.slice(-3))
        lines.push(
          `        ${mark(stepStatus(step), options, paint)} ${paint('dim', `${step.name}  ${stepTime(step, options.now)}`)}`,
        )
    }
  }
  return lines.map((line) => cut(line, options.columns))
}

function stepStatus(step: StepView): string {
  return step.phase === 'finished' ? (step.result === 'passed' ? 'success' : 'failed') : 'running'
}

function mark(status: string, options: ViewOptions, paint: ReturnType<typeof painter>): string {
  if (status === 'success') return paint('green', '✓')
  if (status === 'failed' || status === 'timedout' || status === 'infrastructure_fail' || status === 'error')
    return paint('red', '✗')
  if (status === 'on_hold') return paint('magenta', '‖')
  if (status === 'canceled' || status === 'not_run') return paint('dim', '⊘')
  if (status === 'running' || status === 'failing')
    return paint('blue', options.color ? (spinner[options.frame % spinner.length] ?? '·') : '…')
  return paint('dim', '·')
}

function timing(job: JobView, now: number): string {
  if (job.startedAt === null) return ''
  return seconds((job.stoppedAt === null ? now : Date.parse(job.stoppedAt)) - Date.parse(job.startedAt))
}

function stepTime(step: StepView, now: number): string {
  return seconds((step.finishedAt === null ? now : Date.parse(step.finishedAt)) - Date.parse(step.startedAt))
}

/** `0.4s`, `12s`, `3m 05s`. */
export function seconds(ms: number): string {
  const total = Math.max(0, ms) / 1000
  if (total < 10) return `${total.toFixed(1)}s`
  return total < 60
    ? `${Math.round(total)}s`
    : `${Math.floor(total / 60)}m ${String(Math.round(total % 60)).padStart(2, '0')}s`
}

const codes = { bold: 1, dim: 2, red: 31, green: 32, blue: 34, magenta: 35 } as const

function painter(color: boolean): (style: keyof typeof codes, text: string) => string {
  return (style, text) => (color && text !== '' ? `\x1b[${codes[style]}m${text}\x1b[0m` : text)
}

/** Cuts a line to the terminal's width; a line that fits keeps its colours. */
function cut(line: string, columns: number): string {
  const plain = stripVTControlCharacters(line)
  return plain.length <= columns ? line : `${plain.slice(0, columns - 1)}…`
}

/** Whether everything that can run by itself has ended: what waits for approval does not count. */
export function settled(pipeline: PipelineView): boolean {
  return pipeline.workflows.every((workflow) =>
    workflow.jobs.every(
      (job) =>
        done.has(job.status) || job.status === 'on_hold' || (job.status === 'blocked' && workflow.status === 'on_hold'),
    ),
  )
}

export function allGreen(pipeline: PipelineView): boolean {
  return (
    pipeline.workflows.length > 0 &&
    pipeline.workflows.every((workflow) => workflow.status === 'success' || workflow.status === 'on_hold')
  )
}
