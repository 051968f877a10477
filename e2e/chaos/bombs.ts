import { randomInt } from 'node:crypto'
import { type Stack, startStack } from '@rondo/testkit'
import { countingImage, isCountOf } from './counted-jobs.ts'
import { type EndedJob, watchJobsEnd, wordsOf } from './ended-jobs.ts'
import type { Experiment } from './experiment.ts'
import { leftBehind } from './left-behind.ts'
import { watchAgents } from './watch-agents.ts'

const project = 'acme/bombs'
/** What the rules allow. */
const cleanWithinMs = 10_000
const why = /as many processes as it may/
const lines = 100

/** Something that only processes of one bomb of this run have in their command lines; they may also sleep for so long. */
const run = randomInt(100_000, 1_000_000)
const wordOf = (job: string) =>
  job.startsWith('bomb') ? `1000.${run}${job.slice('bomb'.length).padStart(3, '0')}1` : undefined

interface Bomb {
  readonly command: (word: string) => string
  /** What the step after it runs; default a word. */
  readonly after?: string
  /** How its job ends. */
  readonly status: string
  /** For how long it may print nothing; default long enough on a busy machine. */
  readonly silence?: string
}

const many = 'i=0; while [ $i -lt 6000 ]; do sleep $0 & i=$((i + 1)); done'
const takesAll = 'while (1) { my $one = fork; exec "sleep", $ARGV[0] if defined $one and $one == 0 }'
/** Each is a program of its own that has the word among its arguments. */
const bombs: readonly Bomb[] = [
  // This shell tries for 15 seconds.
  { status: 'failed', command: (word) => `bash -c '${many}; wait' ${word}` },
  { status: 'failed', command: (word) => `sh -c '${many}' ${word}` },
  // Its processes never tire, and nothing is printed.
  {
    status: 'timedout',
    silence: '20s',
    command: (word) => `exec bash -c 'bomb() { bomb | bomb & }; bomb 2>/dev/null; exec sleep $0' ${word}`,
  },
  // What it leaves behind leaves no room for the next step.
  {
    status: 'failed',
    command: (word) => `perl -e '${takesAll}' ${word} & sleep 12`,
    after: "sh -c 'for i in $(seq 20); do sleep 1 | cat | cat | cat; done'",
  },
]

/** Jobs that fork without end, each kind in turn, beside as many others on one agent. */
export const forkBombs: Experiment<{ readonly bombs: number; readonly neighbours: number }> = {
  rows: 'R-20',
  what: 'jobs fork without end beside others on the same agent',
  full: { bombs: 20, neighbours: 20 },
  async run(size, { executor, say }) {
    const stack = await startStack({ executor })
    const agents = watchAgents(stack)
    try {
      await stack.createProject('acme', 'bombs')
      stack.push(project, { '.circleci/config.yml': configOf(size) })
      const pipeline = await stack.latestPipeline(project)
      const [workflow] = await stack.workflows(pipeline.id)
      const jobs = await watchJobsEnd(stack, workflow!.id, wordOf, { minutes: 5 + size.bombs })
      const problems = (await Promise.all(jobs.map((job) => inspect(stack, job, say)))).flat()
      problems.push(...agents.problems(), ...(await leftBehind(stack)))
      const exploded = jobs.filter(({ name }) => wordOf(name) !== undefined)
      return {
        problems,
        figures: {
          bombs: exploded.length,
          'neighbours that passed': jobs.filter(({ status }) => status === 'success').length,
          'processes gone after the end, s (longest)': Math.max(0, ...exploded.map(({ leftMs }) => leftMs)) / 1_000,
          'longest silence of the agent, s': agents.longestSilenceMs() / 1_000,
        },
      }
    } finally {
      agents.stop()
      await stack.stop()
    }
  },
}

function configOf({ bombs: count, neighbours }: { readonly bombs: number; readonly neighbours: number }): string {
  const job = (name: string, steps: string) =>
    `  ${name}: {docker: [{image: '${countingImage}'}], resource_class: small, steps: [${steps}]}\n`
  const step = (name: string, command: string, more = '') =>
    `{run: {name: ${name}, command: ${JSON.stringify(command)}${more}}}`
  const made: { readonly name: string; readonly text: string }[] = []
  for (let n = 0; n < Math.max(count, neighbours); n++) {
    const [bomb, count_] = [`bomb${n}`, `count${n}`]
    const { command, after = 'echo after', silence = '3m' } = bombs[n % bombs.length]!
    const steps = [
      step('bomb', command(wordOf(bomb) ?? ''), `, no_output_timeout: ${silence}`),
      step('after', after, ', when: always'),
    ]
    if (n < count) made.push({ name: bomb, text: job(bomb, steps.join(', ')) })
    const counting = `i=0; while [ $i -lt ${lines} ]; do i=$((i + 1)); echo "job ${n} line $i"; sleep 0.1; done`
    if (n < neighbours) made.push({ name: count_, text: job(count_, step('count', counting)) })
  }
  const texts = made.map(({ text }) => text).join('')
  return `version: 2.1\njobs:\n${texts}workflows: {main: {jobs: [${made.map(({ name }) => name).join(', ')}]}}\n`
}

async function inspect(stack: Stack, job: EndedJob, say: (text: string) => void): Promise<readonly string[]> {
  const { id, name, status } = job
  const n = Number(/\d+$/.exec(name)?.[0])
  if (wordOf(name) === undefined) {
    const step = (await stack.steps(id)).find((one) => one.name === 'count')
    const whole = step !== undefined && isCountOf(n, lines, await stack.output(step.id))
    return status === 'success' && whole
      ? []
      : [`${name} is ${status}, ${whole ? 'with every byte' : 'with another output'}`]
  }
  const problems: string[] = []
  const words = await wordsOf(stack, id)
  say(`${name}: ${status} after ${(job.stoppedAt - job.startedAt) / 1_000} s, clean after ${job.leftMs} ms`)
  if (status !== bombs[n % bombs.length]!.status) problems.push(`${name} is ${status}: ${words.slice(0, 2_000)}`)
  else if (!why.test(words)) problems.push(`${name} does not say why it failed: ${words.slice(0, 2_000)}`)
  if (job.leftMs > cleanWithinMs) problems.push(`processes of ${name} were there ${job.leftMs} ms after its end`)
  return problems
}
