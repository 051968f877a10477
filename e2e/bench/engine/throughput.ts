import { type Stack, startStack } from '@rondo/testkit'
import type { Figure } from '../figure.ts'
import { secondsSince } from './beside.ts'
import { cyclesPerSecond } from './floor.ts'
import { processorSeconds, serverPid } from './processor-time.ts'
import { finishAll, startStubAgent } from './stub-agent.ts'

const jobsEach = 100
/** What has run before: a server that has just started still compiles its own code, and its database knows no rows. */
const warmUp = 10
const measured = 20
/** Tasks under way at once, over all agents. */
const atOnce = 64

/** Each job requires one of the layer before it, so every end is followed by a decision and a start. */
const config = `version: 2.1
jobs: {it: {docker: [{image: alpine}], steps: [{run: 'true'}]}}
workflows: {main: {jobs: [${Array.from({ length: jobsEach }, (_, index) => node(index)).join(', ')}]}}
`

function node(index: number): string {
  return `{it: {name: j${index}${index < 10 ? '' : `, requires: [j${index - 10}]`}}}`
}

/** Jobs without work, from the queue to their end, over HTTP, with all that the product writes about them. */
export async function throughput(): Promise<readonly Figure[]> {
  const jobs = measured * jobsEach
  const before = await cyclesPerSecond(jobs, 16)
  const stack = await startStack({ env: { RONDO_AGENT: 'none' } })
  let ours: { rate: number; server: number }
  try {
    ours = await finished(stack, jobs)
  } finally {
    await stack.stop()
  }
  const floor = (before + (await cyclesPerSecond(jobs, 16))) / 2
  return [
    {
      name: `no-op jobs finished, of ${jobs} after ${warmUp * jobsEach}`,
      ours: `${ours.rate.toFixed(0)}/s; ${((ours.server * 1_000) / jobs).toFixed(1)} ms of the server's processor each`,
      ratio: `${(floor / ours.rate).toFixed(1)} ×`,
      floor: `${floor.toFixed(0)}/s (claim-and-complete cycles)`,
      aim: '≥ 150/s and ≥ 1/8 of the floor',
    },
  ]
}

async function finished(stack: Stack, jobs: number): Promise<{ rate: number; server: number }> {
  await stack.createProject('bench', 'app')
  stack.push('bench/app', { '.circleci/config.yml': config })
  for (let count = 1; count < warmUp + measured; count++)
    await stack.api('POST', '/api/v2/project/gh/bench/app/pipeline', { branch: 'main' })
  const agent = await startStubAgent(stack)
  await finishAll(agent, warmUp * jobsEach, atOnce)
  const pid = serverPid(stack)
  const used = processorSeconds(pid)
  const begun = performance.now()
  await finishAll(agent, jobs, atOnce)
  return { rate: jobs / secondsSince(begun), server: processorSeconds(pid) - used }
}
