import { backgroundEnd } from '@rondo/model'
import type { JobView, PipelineView, StepView } from '@rondo/protocol'
import { OutputLines } from '../terminal/output-lines.ts'
import { mark, type Paint, painter, seconds } from '../terminal/paint.ts'
import type { Screen } from '../terminal/screen.ts'
import { summary, whyEnded } from './summary.ts'
import type { WaitingJob } from './waits.ts'
import type { StepPlace, Watcher } from './watch.ts'

/** Steps that every job has print their output only when they fail. */
const quietBytes = 256 * 1024
/** Of a line: bar and mark before a step's name; how it ended and how long it took after it. */
const besideName = 30
const shortestName = 12
/** Waits longer than this are told where nothing is drawn again. */
const longWaitMs = 3_000
const drawnWaits = 4
const nameColors = ['cyan', 'magenta', 'yellow', 'blue', 'green'] as const

export interface Report extends Watcher {
  /** Draws what runs; called some ten times a second. */
  draw(now: number): void
  /** The last lines: every job and how it ended. */
  end(pipeline: PipelineView): void
}

/** Tells of a run line by line, each under the name of its job, and draws what runs below them. */
export function createReport(
  screen: Screen,
  options: {
    readonly color: boolean
    readonly verbose: boolean
    readonly timestamps?: boolean
    readonly ask: () => string | undefined
  },
): Report {
  const paint = painter(options.color)
  const open = new Map<string, { readonly place: StepPlace; readonly lines: OutputLines; kept: string[] | undefined }>()
  const stamp = (at: number | undefined) => (options.timestamps ? paint('dim', `${lineTime(at)} `) : '')
  const told = new Set<string>()
  /** The first step of each job that did not pass. */
  const failures = new Map<string, StepView>()
  let pipeline: PipelineView | undefined
  let waits: readonly WaitingJob[] = []
  let frame = 0

  function labelWidth(): number {
    const jobs = pipeline?.workflows.flatMap((workflow) => workflow.jobs) ?? []
    const names = jobs.filter((job) => job.type === 'build').map((job) => label(job, job.parallelism - 1))
    return Math.min(24, Math.max(4, ...names.map((name) => name.length)))
  }

  function prefix(place: Pick<StepPlace, 'job' | 'slice'>): string {
    const jobs = pipeline?.workflows.flatMap((workflow) => workflow.jobs) ?? []
    const index = Math.max(
      0,
      jobs.findIndex((job) => job.id === place.job.id),
    )
    return `${paint(nameColors[index % nameColors.length] ?? 'cyan', label(place.job, place.slice).padEnd(labelWidth()))} ${paint('dim', '│')} `
  }

  /** A step's name in what a line of its job leaves for it; a command's first line may be long. */
  function nameOf(place: StepPlace): string {
    const room = screen.width - Math.max(labelWidth(), label(place.job, place.slice).length) - besideName
    const { name } = place.step
    return name.length <= room ? name : `${name.slice(0, Math.max(shortestName, room) - 1)}…`
  }

  function print(place: StepPlace, lines: readonly string[]): void {
    const head = prefix(place)
    screen.print(lines.map((line) => head + line))
  }

  /** Jobs of one image are told the same. */
  function printNotices(place: StepPlace, notices: readonly string[]): void {
    const text = notices.join('\n')
    if (text === '' || told.has(text)) return
    told.add(text)
    print(place, notices)
  }

  return {
    pipeline(next) {
      pipeline = next
    },
    waiting(next) {
      waits = next
      for (const { job, wait, stuck } of next) {
        const news = `${job.id} ${wait.kind}`
        if (!(stuck || (!screen.live && wait.waitedMs >= longWaitMs)) || told.has(news)) continue
        told.add(news)
        screen.print([`${prefix({ job, slice: 0 })}${paint(stuck ? 'red' : 'dim', `· ${wait.text}`)}`])
      }
    },
    stepStarted(place) {
      const quiet = place.step.type !== 'run' && !options.verbose
      open.set(place.step.id, { place, lines: new OutputLines(options.color, stamp), kept: quiet ? [] : undefined })
      if (!quiet) print(place, [`${paint('blue', '▸')} ${paint('bold', nameOf(place))}`])
    },
    output(place, bytes, at) {
      const step = open.get(place.step.id)
      if (step === undefined) return
      const lines = step.lines.take(bytes, at)
      if (step.kept === undefined) print(place, lines)
      else step.kept = keepTail([...step.kept, ...lines])
    },
    stepEnded(place) {
      const step = open.get(place.step.id)
      open.delete(place.step.id)
      const failed = place.step.result !== 'passed'
      const rest = step?.lines.end() ?? []
      if (step?.kept === undefined) print(place, rest)
      else if (failed) print(place, [...step.kept, ...rest])
      else printNotices(place, noticesIn([...step.kept, ...rest]))
      // What ends in the background fails no job.
      if (failed && place.step.result !== 'canceled' && !place.step.background && !failures.has(place.job.id))
        failures.set(place.job.id, place.step)
      print(place, [ending(place.step, nameOf(place), paint)])
    },
    draw(now) {
      frame++
      if (pipeline === undefined) return
      const running = [...open.values()].map(({ place, kept }) => {
        const time = seconds(now - Date.parse(place.step.startedAt))
        const last = kept?.findLast((line) => line.trim() !== '')?.trim() ?? ''
        return `${mark('running', paint, frame)} ${label(place.job, place.slice)}  ${paint('dim', `${nameOf(place)}  ${time}  ${last}`.trimEnd())}`
      })
      const question = options.ask()
      screen.footer([
        '',
        ...running.slice(0, 8),
        ...waits
          .slice(0, drawnWaits)
          .map(({ job, wait }) => `${mark('queued', paint)} ${job.name}  ${paint('dim', wait.text)}`),
        ...pipeline.workflows.map((workflow) => overview(workflow, paint, { frame, width: screen.width })),
        ...(question === undefined ? [] : [paint('magenta', question)]),
      ])
    },
    end(last) {
      screen.footer([])
      screen.print(summary(last, failures, paint))
    },
  }
}

/** `2026-01-02T03:04:05.678Z`, as in a download with times; a dash where it is not known. */
function lineTime(at: number | undefined): string {
  return at === undefined ? '-' : new Date(at).toISOString()
}

function label(job: JobView, slice: number): string {
  return job.parallelism > 1 ? `${job.name}[${slice}]` : job.name
}

/** A quiet step's last lines are what a reader wants of its failure. */
function keepTail(lines: string[]): string[] {
  let bytes = 0
  let from = lines.length
  while (from > 0 && bytes < quietBytes) bytes += lines[--from]?.length ?? 0
  return lines.slice(from)
}

function ending(step: StepView, name: string, paint: Paint): string {
  const time = paint(
    'dim',
    step.finishedAt === null ? '' : seconds(Date.parse(step.finishedAt) - Date.parse(step.startedAt)),
  )
  const beside = backgroundEnd(step)
  if (beside !== undefined) return `${paint('dim', '·')} ${name}  ${paint('dim', beside)}  ${time}`
  if (step.result === 'passed') return `${paint('green', '✓')} ${name}  ${time}`
  return `${paint('red', '✗')} ${name}  ${paint('red', whyEnded(step))}  ${time}`
}

/** What a quiet step says of how the job runs otherwise than its config asks: each notice with the lines set in below it. */
function noticesIn(lines: readonly string[]): readonly string[] {
  let inside = false
  return lines.filter((line) => {
    inside = line.includes('NOTICE: ') || (inside && / {8}\S/.test(line))
    return inside
  })
}

/** Each job with its mark; where they are too many for a line, how many there are of each mark. */
function overview(
  { name, jobs }: PipelineView['workflows'][number],
  paint: Paint,
  { frame, width }: { readonly frame: number; readonly width: number },
): string {
  const heading = paint('bold', name)
  const plainWidth = name.length + jobs.reduce((sum, job) => sum + job.name.length + 4, 0)
  if (plainWidth < width)
    return [heading, ...jobs.map((job) => `${mark(job.status, paint, frame)} ${job.name}`)].join('  ')
  const counts = new Map<string, number>()
  for (const { status } of jobs) {
    const shown = mark(status, paint, frame)
    counts.set(shown, (counts.get(shown) ?? 0) + 1)
  }
  return [heading, ...[...counts].map(([shown, count]) => `${shown} ${count}`), `of ${jobs.length} jobs`].join('  ')
}
