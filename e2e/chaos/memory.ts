import { randomInt } from 'node:crypto'
import { type Stack, startStack } from '@rondo/testkit'
import { countingImage } from './counted-jobs.ts'
import { type EndedJob, watchJobsEnd, wordsOf } from './ended-jobs.ts'
import type { Experiment } from './experiment.ts'
import { leftBehind } from './left-behind.ts'
import { watchAgents } from './watch-agents.ts'

const project = 'acme/memory'
const cleanWithinMs = 10_000

/** Only eaters of this run have it in their command lines. */
const run = randomInt(100_000, 1_000_000)
const wordOf = (job: string) => `eats-${run}-${job.slice('eat'.length).padStart(3, '0')}.`

interface Eater {
  readonly command: (word: string) => string
  readonly exitCode: number
}

/** It keeps what has no end of line, whole; the word is its argument, for it has no use for one it does not know. */
const eat = (word: string) => `perl -e 'my $all = ""; $all .= "x" x 1048576 while 1' ${word}`

/** The first is the step's own process; of the others the shell lives on, and its exit code is what it likes. */
const eaters: readonly Eater[] = [
  { exitCode: 137, command: (word) => `exec ${eat(word)}` },
  { exitCode: 137, command: eat },
  { exitCode: 137, command: (word) => `exec ${eat(word)}` },
  { exitCode: 3, command: (word) => `${eat(word)} || exit 3` },
  { exitCode: 137, command: (word) => `exec ${eat(word)}` },
  { exitCode: 5, command: (word) => `sh -c "${eat(word).replaceAll(/["$]/g, '\\$&')}; exit 5"` },
]

/** Jobs take more memory than they may, one after the other and some at once. */
export const memory: Experiment<{ readonly jobs: number }> = {
  rows: 'R-21',
  what: 'jobs take more memory than they may, half of them in a program that their shell outlives',
  full: { jobs: 50 },
  async run({ jobs: count }, { executor, say }) {
    const stack = await startStack({ executor })
    const agents = watchAgents(stack)
    try {
      await stack.createProject('acme', 'memory')
      stack.push(project, { '.circleci/config.yml': configOf(count) })
      const pipeline = await stack.latestPipeline(project)
      const [workflow] = await stack.workflows(pipeline.id)
      const jobs = await watchJobsEnd(stack, workflow!.id, wordOf, { minutes: 5 + count })
      const problems = (await Promise.all(jobs.map((job) => inspect(stack, job)))).flat()
      const right = jobs.length - problems.length
      say(`${right} of ${jobs.length} reasons are right`)
      problems.push(...agents.problems(), ...(await leftBehind(stack)))
      return {
        problems,
        figures: {
          jobs: jobs.length,
          'reasons that are right': right,
          'of shells that lived on': jobs.filter(({ name }) => numberOf(name) % 2 === 1).length,
          'longest silence of the agent, s': agents.longestSilenceMs() / 1_000,
        },
      }
    } finally {
      agents.stop()
      await stack.stop()
    }
  },
}

const numberOf = (job: string) => Number(job.slice('eat'.length))

function configOf(count: number): string {
  const names = Array.from({ length: count }, (_, n) => `eat${n}`)
  const jobs = names.map((name) => {
    const command = JSON.stringify(eaters[numberOf(name) % eaters.length]!.command(wordOf(name)))
    return `  ${name}: {docker: [{image: '${countingImage}'}], resource_class: small, steps: [{run: {name: eat, command: ${command}}}]}\n`
  })
  return `version: 2.1\njobs:\n${jobs.join('')}workflows: {main: {jobs: [${names.join(', ')}]}}\n`
}

/** One sentence at most: what is wrong with a job's end. */
async function inspect(stack: Stack, { id, name, status, leftMs }: EndedJob): Promise<readonly string[]> {
  const { exitCode } = eaters[numberOf(name) % eaters.length]!
  const words = await wordsOf(stack, id)
  if (status !== 'failed') return [`${name} is ${status}: ${words}`]
  if (!words.includes(`used more memory than its resource class allows (exit code ${exitCode})`))
    return [`${name} does not say why it failed: ${words}`]
  return leftMs > cleanWithinMs ? [`processes of ${name} were there ${leftMs} ms after its end`] : []
}
