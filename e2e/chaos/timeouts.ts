import { randomInt } from 'node:crypto'
import { type Stack, startStack } from '@rondo/testkit'
import { countingImage } from './counted-jobs.ts'
import { type EndedJob, watchJobsEnd, wordsOf } from './ended-jobs.ts'
import type { Experiment } from './experiment.ts'
import { leftBehind } from './left-behind.ts'
import { startOwnAgents } from './own-agents.ts'

const [silentProject, longProject] = ['acme/silent', 'acme/long']
/** What the rules allow (R-22). */
const [firesWithinMs, goneWithinMs] = [5_000, 15_000]
/** Longer than it takes to begin on a busy machine. */
const silenceMs = 5_000
/** The least that may be set. */
const longestMs = 60_000

/** Programs of one job of this run sleep for so long, and nobody else does. */
const run = randomInt(100_000, 1_000_000)
const wordOf = (job: string) => `2000.${run}${job.replace(/\D/g, '').padStart(3, '0')}${job.startsWith('long') ? 1 : 2}`

/** Shell of the step itself, which stays; it tells when it is asked to end, and does not. */
const stays = (word: string) => `while :; do sleep ${word}; done`
const deafDaemon = (word: string) => `trap "" TERM; sleep ${word}; sleep ${word}`
const setups: readonly ((word: string) => string)[] = [
  () => '',
  // Ignores the question, in a session of its own.
  (word) => `(trap '' TERM; setsid sleep ${word} >/dev/null 2>&1 </dev/null &)`,
  // Forks twice, and lets go of everything.
  (word) => `setsid sh -c '(cd /; ${deafDaemon(word)}) </dev/null >/dev/null 2>&1 & exit 0' </dev/null >/dev/null 2>&1`,
  // Holds the pipe into which the step prints.
  (word) => `(trap '' TERM; setsid sleep ${word} &)`,
  // Nothing in its variables says whose it is.
  (word) => `(env -i setsid sh -c '${deafDaemon(word)}' &)`,
  (word) => `(sh -c 'kill -STOP $$; sleep ${word}' &)`,
  // As root, where a job may be.
  (word) => `(sudo -n setsid sleep ${word} 2>/dev/null || setsid sleep ${word}) &`,
]

interface Found {
  readonly problems: string[]
  /** How long after its time was over each was asked to end, and ended. */
  readonly lateMs: { readonly silent: number[]; readonly long: number[] }
  /** How long programs were there after a step that was stopped. */
  readonly goneAfterMs: number[]
}

/** Steps that are silent for too long and jobs that take too long, with programs that do not want to end. */
export const timeouts: Experiment<{ readonly cases: number; readonly agents: number }> = {
  rows: 'R-22',
  what: 'steps are silent and jobs run for too long, with programs that break away and ignore signals',
  full: { cases: 200, agents: 4 },
  async run({ cases, agents: count }, { executor, say }) {
    const found: Found = { problems: [], lateMs: { silent: [], long: [] }, goneAfterMs: [] }
    const stack = await startStack({ env: { RONDO_AGENT: 'none' } })
    const agents = await startOwnAgents(stack, count, { executor })
    try {
      const long = Math.floor(cases / 4)
      for (const name of ['silent', 'long']) await stack.createProject('acme', name)
      const limit = { name: 'time.run', value: longestMs / 60_000, project: `gh/${longProject}` }
      await stack.api('PUT', '/api/private/admin/settings', limit)
      await Promise.all([runJobs(stack, longProject, long, found), runJobs(stack, silentProject, cases - long, found)])
      say(`${cases} cases have ended`)
      for (const { folder } of agents) found.problems.push(...(await leftBehind(stack, `${folder}/work`)))
    } finally {
      await Promise.all(agents.map((agent) => agent.remove()))
      await stack.stop()
    }
    return { problems: found.problems, figures: figuresOf(found) }
  },
}

function figuresOf({ lateMs, goneAfterMs }: Found) {
  const longest = (values: readonly number[]) => Math.max(0, ...values) / 1_000
  return {
    'silent steps stopped': lateMs.silent.length,
    'asked to end after their time, s (longest)': longest(lateMs.silent),
    'programs gone after the step, s (longest)': longest(goneAfterMs),
    'long jobs stopped': lateMs.long.length,
    'ended after their time, s (longest)': longest(lateMs.long),
  }
}

async function runJobs(stack: Stack, project: string, count: number, found: Found): Promise<void> {
  if (count === 0) return
  const names = Array.from({ length: count }, (_, n) => `${project === longProject ? 'long' : 'silent'}${n}`)
  stack.push(project, { '.circleci/config.yml': configOf(names) })
  const pipeline = await stack.latestPipeline(project)
  const [workflow] = await stack.workflows(pipeline.id)
  const jobs = await watchJobsEnd(stack, workflow!.id, wordOf, { minutes: 10 + names.length / 4 })
  for (const job of jobs) await (project === longProject ? inspectLong : inspectSilent)(stack, job, found)
}

function configOf(names: readonly string[]): string {
  const jobs = names.map((name, n) => {
    const word = wordOf(name)
    const command = `trap 'echo "asked $(date +%s%3N)"' TERM\n${setups[n % setups.length]!(word)}\necho "begun $(date +%s%3N)"\n${stays(word)}`
    return `  ${name}:
    docker: [{image: '${countingImage}'}]
    resource_class: small
    steps:
      - run: {name: stubborn, no_output_timeout: ${name.startsWith('long') ? '10m' : `${silenceMs / 1_000}s`}, command: ${JSON.stringify(command)}}
      - run: {name: survivors, when: always, command: ${JSON.stringify(countSurvivors(word))}}
      - run: {name: never, command: echo never}
`
  })
  return `version: 2.1\njobs:\n${jobs.join('')}workflows: {main: {jobs: [${names.join(', ')}]}}\n`
}

/** Prints how many programs with the word there are in the job, until there is none or they had their time. */
function countSurvivors(word: string): string {
  return `for try in $(seq ${goneWithinMs / 250}); do
  left=0
  for file in /proc/[0-9]*/cmdline; do
    line=$(tr '\\0' ' ' 2>/dev/null <$file) || continue
    case $line in *${word}*) left=$((left + 1)) ;; esac
  done
  echo "left $left $(date +%s%3N)"
  [ $left = 0 ] && break
  sleep 0.25
done`
}

interface Step {
  readonly name: string
  readonly result: string
  readonly finishedAt: string
  readonly output: string
}

async function stepsOf(stack: Stack, job: string): Promise<readonly Step[]> {
  const steps = (await stack.steps(job)) as unknown as readonly (Step & { readonly id: string })[]
  return Promise.all(steps.map(async (step) => ({ ...step, output: String(await stack.output(step.id)) })))
}

const timesOf = (word: string, text: string) =>
  [...text.matchAll(new RegExp(`^${word} (\\d{13})$`, 'gm'))].map(([, time]) => Number(time))

async function inspectSilent(stack: Stack, { id, name, status, leftMs }: EndedJob, found: Found): Promise<void> {
  const steps = await stepsOf(stack, id)
  const stubborn = steps.find((step) => step.name === 'stubborn')
  const survivors = steps.find((step) => step.name === 'survivors')
  const told = stubborn?.output.match(/Too long with no output/g)?.length ?? 0
  const [begun] = timesOf('begun', stubborn?.output ?? '')
  const asked = timesOf('asked', stubborn?.output ?? '')
  const [last] = survivors?.output.match(/^left 0 \d{13}$/gm) ?? []
  const wrong = (what: string) => void found.problems.push(`${name}: ${what}: ${stubborn?.output} ${survivors?.output}`)
  if (status !== 'timedout' || stubborn?.result !== 'timed-out') return wrong(`it is ${status}`)
  if (begun === undefined || asked.length !== 1 || told !== 1) return wrong(`it was asked ${asked.length} times to end`)
  if (survivors === undefined || steps.some((step) => step.name === 'never')) return wrong('other steps followed')
  const late = asked[0]! - begun - silenceMs
  found.lateMs.silent.push(late)
  const endedAt = Date.parse(stubborn.finishedAt)
  // Clocks of one machine, one of which cuts what the other rounds.
  if (late < -1 || late > firesWithinMs) wrong(`it was asked to end ${late} ms after its time`)
  if (last === undefined) return wrong('programs outlived the step')
  found.goneAfterMs.push(Math.max(0, Number(last.split(' ')[2]) - endedAt))
  if (leftMs > goneWithinMs) wrong(`programs were there ${leftMs} ms after the job`)
}

async function inspectLong(stack: Stack, job: EndedJob, found: Found): Promise<void> {
  const { id, name, status, leftMs } = job
  const steps = await stepsOf(stack, id)
  const words = await wordsOf(stack, id)
  const late = job.stoppedAt - job.startedAt - longestMs
  const wrong = (what: string) => void found.problems.push(`${name}: ${what}: ${words}`)
  if (status !== 'timedout' || !words.includes('The job ran for longer than 1m')) return wrong(`it is ${status}`)
  if (steps.some((step) => step.name === 'survivors')) wrong('steps followed')
  found.lateMs.long.push(late)
  if (late > firesWithinMs) wrong(`it ended ${late} ms after its time`)
  if (leftMs > goneWithinMs) wrong(`programs were there ${leftMs} ms after the job`)
  if (late < -1) wrong(`it ended ${-late} ms before its time`)
}
