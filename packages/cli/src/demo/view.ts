import { stripVTControlCharacters } from 'node:util'
import type { JobPageView, JobView, PipelineView, StepView } from '@rondo/protocol'
import { mark, painter, seconds } from '../terminal/paint.ts'

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
      `  ${mark(workflow.status, paint, options.color ? options.frame : undefined)} ${paint('bold', workflow.name)}  ${paint('dim', workflow.status)}`,
    )
    const width = Math.max(...workflow.jobs.map((job) => job.name.length))
    for (const job of workflow.jobs) {
      lines.push(
        `    ${mark(job.status, paint, options.color ? options.frame : undefined)} ${job.name.padEnd(width)}  ${paint('dim', timing(job, options.now).padStart(7))}  ${paint('dim', job.status === 'success' ? '' : job.status.replaceAll('_', ' '))}`,
      )
      if (job.status !== 'running') continue
      const steps = pages.get(job.id)?.slices.flatMap((slice) => slice.steps) ?? []
      for (const step of steps.slice(-3))
        lines.push(
          `        ${mark(stepStatus(step), paint, options.color ? options.frame : undefined)} ${paint('dim', `${step.name}  ${stepTime(step, options.now)}`)}`,
        )
    }
  }
  return lines.map((line) => cut(line, options.columns))
}

function stepStatus(step: StepView): string {
  return step.phase === 'finished' ? (step.result === 'passed' ? 'success' : 'failed') : 'running'
}

function timing(job: JobView, now: number): string {
  if (job.startedAt === null) return ''
  return seconds((job.stoppedAt === null ? now : Date.parse(job.stoppedAt)) - Date.parse(job.startedAt))
}

function stepTime(step: StepView, now: number): string {
  return seconds((step.finishedAt === null ? now : Date.parse(step.finishedAt)) - Date.parse(step.startedAt))
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
