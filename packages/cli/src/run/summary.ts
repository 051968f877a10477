import type { JobView, PipelineView, StepView } from '@rondo/protocol'
import { mark, type Paint, seconds } from '../terminal/paint.ts'

/** The last lines of a run: every job and how it ended. `failures`: the first step of a job that did not pass, by its job. */
export function summary(
  pipeline: PipelineView,
  failures: ReadonlyMap<string, StepView>,
  paint: Paint,
): readonly string[] {
  const lines: string[] = []
  for (const workflow of pipeline.workflows) {
    const width = Math.max(...workflow.jobs.map((job) => job.name.length))
    lines.push(
      '',
      `${mark(workflow.status, paint)} ${paint('bold', workflow.name)}  ${workflow.status.replaceAll('_', ' ')}`,
    )
    for (const job of workflow.jobs) {
      const time =
        job.startedAt === null || job.stoppedAt === null
          ? ''
          : seconds(Date.parse(job.stoppedAt) - Date.parse(job.startedAt))
      const [first = '', ...more] = wordsOf(job, failures.get(job.id)).split('\n')
      const head = `  ${mark(job.status, paint)} ${job.name.padEnd(width)}  ${paint('dim', time.padStart(7))}  `
      // Below the words, which stand after mark, name and time.
      const indent = ' '.repeat(width + 15)
      lines.push(`${head}${paint('dim', first)}`.trimEnd(), ...more.map((line) => indent + paint('dim', line)))
    }
  }
  return [...lines, ...waiting(pipeline, paint)]
}

/** `exit 7`, or how else a step ended that did not pass. */
export function whyEnded({ exitCode, result }: StepView): string {
  return exitCode === null || exitCode === 0 ? (result ?? 'ended') : `exit ${exitCode}`
}

function wordsOf(job: JobView, failure: StepView | undefined): string {
  if (job.status === 'success') return ''
  const status = job.status.replaceAll('_', ' ')
  if (failure === undefined) return job.message ?? status
  // A step without a name is called by its command, of which the first line tells it apart.
  const step = `${failure.name.split('\n')[0]}, ${whyEnded(failure)}`
  return job.message ? `${job.message}\n${step}` : `${status}: ${step}`
}

/** What to do about approvals that nobody gave. */
function waiting({ workflows }: PipelineView, paint: Paint): readonly string[] {
  const names = workflows.flatMap(({ jobs }) => jobs.filter((job) => job.status === 'on_hold').map((job) => job.name))
  if (names.length === 0) return []
  return [
    '',
    paint('dim', `Not approved: ${names.join(', ')}. Give --approve ${names.join(',')}, or answer at a terminal.`),
  ]
}
