import { setTimeout as sleep } from 'node:timers/promises'
import type { AgentView } from '@rondo/protocol'
import { type AgentProcess, type Stack, startAgentProcess, startStack } from '@rondo/testkit'
import { type Experiment, quantile, type Setting } from './experiment.ts'
import { look } from './look.ts'
import { startOwnAgents } from './own-agents.ts'
import { pushConfig } from './push.ts'

const project = 'acme/gone'
/** What the rules allow, and what it takes to look. */
const [unreachableWithinMs, replacedWithinMs] = [46_000, 60_000]
/** Long enough to be lost in its midst, short enough to be done before. */
const jobSeconds = 5
const cutWithinMs = 6_000

const configOf = (round: number, jobs: number) => `# round ${round}
version: 2.1
jobs: {stay: {docker: [{image: cimg/base:2025.05-20.04}], resource_class: small, parameters: {n: {type: integer}}, steps: [{run: {name: stay, command: 'sleep ${jobSeconds}'}}]}}
workflows: {main: {jobs: [${Array.from({ length: jobs }, (_, n) => `{stay: {name: stay-${n}, n: ${n}}}`).join(', ')}]}}
`

interface Found {
  readonly problems: string[]
  readonly unreachableAfterMs: number[]
  readonly replacedAfterMs: number[]
  readonly ends: Map<string, number>
}

/**
 * Machines lose their power for good, at any moment of what they do: before they have a job, while they have one that has not begun,
 * in its midst, after it. Two that stay take nothing until then, and what there is to take afterwards.
 */
export const gone: Experiment<{ readonly cuts: number; readonly 'at-once': number }> = {
  rows: 'R-10',
  what: 'machines of agents lose their power for good, at any moment',
  full: { cuts: 500, 'at-once': 40 },
  async run({ cuts, 'at-once': atOnce }, setting) {
    const found: Found = { problems: [], unreachableAfterMs: [], replacedAfterMs: [], ends: new Map() }
    const stack = await startStack({ env: { RONDO_AGENT: 'none', RONDO_LOST_AFTER: '1' } })
    const staying: AgentProcess[] = []
    try {
      await stack.createProject('acme', 'gone')
      staying.push(...(await startOwnAgents(stack, 2, setting)))
      const wanted = { name: 'machines', kind: 'join' }
      const { token } = await stack.api<{ token: string }>('POST', '/api/private/agent-tokens', wanted)
      for (let done = 0; done < cuts; done += atOnce)
        await runRound({ stack, token, first: done, machines: Math.min(atOnce, cuts - done) }, setting, found)
    } finally {
      await Promise.all(staying.map((agent) => agent.remove()))
      await stack.stop()
    }
    return { problems: found.problems, figures: figuresOf(cuts, found) }
  },
}

const seconds = (ms: number) => Math.round(ms / 100) / 10

function figuresOf(cuts: number, { unreachableAfterMs, replacedAfterMs, ends }: Found) {
  return {
    cuts,
    'shown as unreachable after, s (longest)': seconds(Math.max(0, ...unreachableAfterMs)),
    'jobs lost before they began': replacedAfterMs.length,
    'taken by another machine after, s (p50)': seconds(quantile(replacedAfterMs, 0.5)),
    'taken by another machine after, s (longest)': seconds(Math.max(0, ...replacedAfterMs)),
    'jobs lost in their midst, closed': ends.get('infrastructure_fail') ?? 0,
    'jobs done': ends.get('success') ?? 0,
  }
}

interface Round {
  readonly stack: Stack
  readonly token: string
  /** Number of the first machine. */
  readonly first: number
  readonly machines: number
}

async function runRound({ stack, token, first, machines }: Round, { executor, say }: Setting, found: Found) {
  await directStaying(stack, 'drain')
  const names = Array.from({ length: machines }, (_, index) => `machine-${first + index}`)
  const started = names.map((name) =>
    startAgentProcess({ port: stack.agentPort, token, executor, name, env: { RONDO_AGENT_TASKS: '1' } }),
  )
  try {
    const joined = async () => {
      const all = await agentsOf(stack)
      return names.every((name) => all.find((agent) => agent.name === name)?.state === 'ready') ? true : undefined
    }
    // On a machine that is busy with other things so many programs are long in starting, which is not looked at here.
    await stack.waitFor('the machines to join', joined, 900_000)
    await pushConfig(stack, project, configOf(first, machines))
    const { id } = await stack.latestPipeline(project)
    const cutAt = new Map<string, number>()
    await Promise.all(
      started.map(async (machine, index) => {
        // Half of them within the first second, in which a task is claimed, granted and begun.
        await sleep(Math.random() ** 3 * cutWithinMs)
        await machine.cutPower()
        cutAt.set(names[index]!, Date.now())
      }),
    )
    await directStaying(stack, 'resume')
    say(`${first + machines} machines have lost their power`)
    await watchThemGo(stack, cutAt, found)
    await stack.waitForWorkflow(id, 'main', ['success', 'failed', 'error', 'canceled'], 300_000)
    await countEnds(stack, id, cutAt, found)
  } finally {
    await Promise.all(started.map((machine) => machine.remove()))
  }
}

/** Ends when each machine is shown as unreachable, and notes how long that took. */
async function watchThemGo(stack: Stack, cutAt: ReadonlyMap<string, number>, found: Found): Promise<void> {
  const open = new Set(cutAt.keys())
  await stack.waitFor('the machines to be shown as unreachable', async () => {
    for (const { name, state } of await agentsOf(stack)) {
      if (state !== 'unreachable' || !open.delete(name)) continue
      const tookMs = Date.now() - cutAt.get(name)!
      found.unreachableAfterMs.push(tookMs)
      if (tookMs > unreachableWithinMs) found.problems.push(`${name} was shown as unreachable after ${tookMs} ms`)
    }
    return open.size === 0 ? true : undefined
  })
}

interface Lost {
  readonly name: string
  readonly nextAt: Date | null
}

async function countEnds(stack: Stack, pipeline: string, cutAt: ReadonlyMap<string, number>, found: Found) {
  const workflow = (await stack.workflows(pipeline))[0]!.id
  for (const { name, status } of await stack.jobs(workflow)) {
    found.ends.set(status, (found.ends.get(status) ?? 0) + 1)
    if (status !== 'success' && status !== 'infrastructure_fail') found.problems.push(`${name} is ${status}`)
  }
  // Attempts that were never granted their start: where, and when the next one of the task began.
  const lost = await look<Lost>(
    stack,
    `select g.name, (select min(n.claimed_at) from attempts n where n.task_id = a.task_id and n.number > a.number) as "nextAt"
     from attempts a join agents g on g.id = a.agent_id where a.granted_at is null and g.name = any($1)`,
    [[...cutAt.keys()]],
  )
  for (const { name, nextAt } of lost) {
    const tookMs = nextAt === null ? Number.POSITIVE_INFINITY : nextAt.getTime() - cutAt.get(name)!
    found.replacedAfterMs.push(tookMs)
    if (tookMs > replacedWithinMs) found.problems.push(`what ${name} had not begun began elsewhere after ${tookMs} ms`)
  }
  const open = await look(stack, `select from attempts where phase <> 'finished'`)
  if (open.length > 0) found.problems.push(`${open.length} attempts are open although every job has ended`)
}

const agentsOf = async (stack: Stack) => (await stack.api<{ agents: AgentView[] }>('GET', '/api/private/agents')).agents

async function directStaying(stack: Stack, verb: 'drain' | 'resume'): Promise<void> {
  const staying = await stack.waitFor('the machines that stay', async () => {
    const found = (await agentsOf(stack)).filter(({ name }) => name.startsWith('own-'))
    return found.length === 2 ? found : undefined
  })
  for (const { id } of staying) await stack.api('POST', `/api/private/agents/${id}/${verb}`)
}
