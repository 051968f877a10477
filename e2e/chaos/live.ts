import { setTimeout as sleep } from 'node:timers/promises'
import { createLive } from '@rondo/protocol'
import { type Stack, startStack, startTcpProxy } from '@rondo/testkit'
import { countingImage } from './counted-jobs.ts'
import type { Experiment } from './experiment.ts'

const project = 'acme/live'
/** Lines that are printed together, and how many bytes each has. */
const [together, lineBytes] = [200, 8]

export interface LiveSize {
  readonly [name: string]: number
  readonly lines: number
  /** In which they are printed. */
  readonly minutes: number
  /** Who look on, each over a connection of its own. */
  readonly readers: number
}

/** Readers follow a growing output over connections that break every one to five seconds. */
export const live: Experiment<LiveSize> = {
  rows: 'R-18',
  what: 'connections of those who look at a growing output break all the time',
  full: { lines: 1_000_000, minutes: 10, readers: 3 },
  async run({ lines, minutes, readers }, { executor, say }) {
    const stack = await startStack({ executor })
    try {
      const step = await begin(stack, lines, minutes)
      const seen = await Promise.all(Array.from({ length: readers }, () => follow(stack, step)))
      const problems = seen.flatMap((one, reader) =>
        problemsOf(one, lines).map((what) => `reader ${reader + 1} ${what}`),
      )
      say(`${lines} lines, read by ${readers}`)
      return {
        problems,
        figures: {
          readers,
          'connections cut': sum(seen.map(({ cuts }) => cuts)),
          'lines seen': sum(seen.map((one) => one.lines)),
          gaps: sum(seen.map(({ gaps }) => gaps)),
          repeats: sum(seen.map(({ repeats }) => repeats)),
        },
      }
    } finally {
      await stack.stop()
    }
  },
}

const sum = (values: readonly number[]) => values.reduce((all, one) => all + one, 0)

/** Starts the job; answers the step that prints numbers from 1 on, each in a line. */
async function begin(stack: Stack, lines: number, minutes: number): Promise<string> {
  await stack.createProject('acme', 'live')
  const pause = (minutes * 60 * together) / lines
  const command = `sleep 2; n=1; while [ $n -le ${lines} ]; do seq -f %07.0f $n $((n + ${together - 1})); n=$((n + ${together})); sleep ${pause}; done`
  stack.push(project, {
    '.circleci/config.yml': `version: 2.1
jobs: {print: {docker: [{image: '${countingImage}'}], resource_class: small, steps: [{run: {name: numbers, command: '${command}'}}]}}
workflows: {main: {jobs: [print]}}
`,
  })
  const pipeline = await stack.latestPipeline(project)
  return stack.waitFor('the step', async () => {
    const [workflow] = await stack.workflows(pipeline.id)
    const [job] = workflow === undefined ? [] : await stack.jobs(workflow.id)
    return job && (await stack.steps(job.id)).find(({ name }) => name === 'numbers')?.id
  })
}

interface Seen {
  readonly lines: number
  readonly gaps: number
  readonly repeats: number
  readonly cuts: number
  /** Bytes that the server says there are, and that came. */
  readonly size: number
  readonly bytes: number
}

/** Reads to the end, as a page does. */
async function follow(stack: Stack, step: string): Promise<Seen> {
  const link = await startTcpProxy({ targetPort: Number(new URL(stack.url).port) })
  const reader = createLive({
    connect: () => new WebSocket(`ws://127.0.0.1:${link.port}/live?circle-token=${stack.admin.token}`),
  })
  let [lines, gaps, repeats, cuts, bytes, last, rest] = [0, 0, 0, 0, 0, 0, '']
  let over = false
  const ended = new Promise<number>((resolve) =>
    reader.output(step, 0, {
      bytes(_offset, piece) {
        bytes += piece.length
        const texts = (rest + Buffer.from(piece).toString('latin1')).split('\n')
        rest = texts.pop() ?? ''
        for (const text of texts) {
          const number = Number(text)
          lines++
          if (number > last + 1) gaps++
          else if (number !== last + 1) repeats++
          last = number
        }
      },
      ended: resolve,
    }),
  ).finally(() => {
    over = true
  })
  while (!over) {
    await Promise.race([ended, sleep(1_000 + Math.random() * 4_000)])
    if (!over) cuts++
    link.cut()
  }
  reader.close()
  await link.stop()
  return { lines, gaps, repeats, cuts, bytes, size: await ended }
}

function problemsOf({ lines, gaps, repeats, size, bytes, cuts }: Seen, expected: number): readonly string[] {
  const problems: string[] = []
  if (lines !== expected) problems.push(`saw ${lines} of ${expected} lines`)
  if (gaps > 0 || repeats > 0) problems.push(`saw ${gaps} gaps and ${repeats} repeats`)
  if (size !== expected * lineBytes || bytes !== size) problems.push(`got ${bytes} bytes, and was told of ${size}`)
  if (cuts === 0) problems.push('was never cut off')
  return problems
}
