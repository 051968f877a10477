import { setTimeout as sleep } from 'node:timers/promises'
import type { Claim } from '@rondo/protocol'
import { startStack } from '@rondo/testkit'
import type { Figure } from '../figure.ts'
import { beside, secondsSince } from './beside.ts'
import { processorSeconds, residentMb, serverPid } from './processor-time.ts'
import { type StubAgent, startStubAgent } from './stub-agent.ts'

const tasks = 1_000
const inOneHeartbeat = 20
const measuredMs = 20_000
const outputEveryMs = 2_000

const config = `version: 2.1
jobs: {it: {docker: [{image: alpine}], parallelism: ${tasks}, steps: [{run: 'true'}]}}
workflows: {main: {jobs: [it]}}
`

/** A thousand tasks that all run: their leases kept in groups of twenty, as agents do, and a line of output each every two seconds. */
export async function runningTasks(): Promise<readonly Figure[]> {
  const stack = await startStack({ env: { RONDO_AGENT: 'none' } })
  try {
    await stack.createProject('bench', 'wide')
    stack.push('bench/wide', { '.circleci/config.yml': config })
    const agent = await startStubAgent(stack)
    const running = await startAll(agent)
    const pid = serverPid(stack)
    const used = processorSeconds(pid)
    const begun = performance.now()
    const sent = await keepRunning(agent, running)
    const cores = (processorSeconds(pid) - used) / secondsSince(begun)
    return [
      {
        name: `${tasks} tasks running, ${sent} pieces of output in ${(measuredMs / 1_000).toFixed(0)} s`,
        ours: `${cores.toFixed(2)} cores, ${residentMb(pid).toFixed(0)} MB`,
        floor: '',
        aim: '≤ 1 core, ≤ 400 MB',
      },
    ]
  } finally {
    await stack.stop()
  }
}

/** Some at a time, so that none waits for its start until its lease has run out, however slow the machine. */
async function startAll(agent: StubAgent): Promise<readonly Claim[]> {
  const running: Claim[] = []
  while (running.length < tasks) {
    const claims = await agent.claim(100, 1_000)
    await beside(16, claims.length, (index) => start(agent, claims[index]!))
    running.push(...claims)
  }
  return running
}

async function start({ plane }: StubAgent, { attemptId, epoch }: Claim): Promise<void> {
  await plane.grant({ attemptId, epoch })
  const at = new Date().toISOString()
  const step = {
    type: 'step-started',
    step: 0,
    name: 'true',
    kind: 'run',
    command: 'true',
    background: false,
    at,
  } as const
  await plane.report({ attemptId, epoch, from: 1, entries: [step] })
}

/** Answers how many pieces of output were taken. */
async function keepRunning({ plane, agentId }: StubAgent, running: readonly Claim[]): Promise<number> {
  const end = performance.now() + measuredMs
  const line = Buffer.from(`${'output '.repeat(20)}\n`)
  let sent = 0
  const refs = running.map(({ attemptId, epoch }) => ({ attemptId, epoch }))
  const groups = Array.from({ length: tasks / inOneHeartbeat }, (_, index) =>
    refs.slice(index * inOneHeartbeat, (index + 1) * inOneHeartbeat),
  )
  const beat = async (attempts: typeof refs) => {
    while (performance.now() < end)
      await plane.heartbeat({ agentId, attempts, waitMs: 8_000 }, AbortSignal.timeout(60_000))
  }
  const write = async (ref: (typeof refs)[number], index: number) => {
    await sleep((index * outputEveryMs) / tasks)
    for (let offset = 0; performance.now() < end; await sleep(outputEveryMs)) {
      offset = (await plane.appendOutput(ref, 0, offset, line)).size
      sent++
    }
  }
  await Promise.all([...groups.map(beat), ...refs.map(write)])
  return sent
}
