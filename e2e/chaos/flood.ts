import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { createLive } from '@rondo/protocol'
import { type Stack, startStack } from '@rondo/testkit'
import { describeEnd, type Experiment, quantile } from './experiment.ts'

const project = 'acme/flood'
const line = 'y\n'
const agentLimitMb = 200
const serverLimitMb = 512
/** What a step may print (section 2c of the reliability rules). */
const capBytes = 1024 ** 3

export interface FloodSize {
  readonly [name: string]: number
  /** Jobs that print as fast as they can, and how much each; more than the cap is cut there. */
  readonly flooders: number
  readonly megabytes: number
  /** Jobs that print the time five times a second meanwhile, and for how many lines. */
  readonly neighbours: number
  readonly lines: number
  /** The lag of the neighbours' lines, p95, that breaks the promise. */
  readonly 'lag-ms': number
}

/** Floods beside jobs of everybody else: all is kept up to the cap, exit codes stay, and neighbours are seen live. */
export const flood: Experiment<FloodSize> = {
  rows: 'R-15',
  what: 'some jobs print without end beside others that somebody watches',
  full: { flooders: 5, megabytes: 1_200, neighbours: 20, lines: 300, 'lag-ms': 2_000 },
  async run(size, { executor, say }) {
    const ended: string[] = []
    const env = { RONDO_AGENT_TASKS: String(size.flooders + size.neighbours) }
    const stack = await startStack({ executor, env, onUnexpectedEnd: (end) => ended.push(describeEnd(end)) })
    try {
      await stack.createProject('acme', 'flood')
      const lags = watchLags(stack)
      const memory = await forgetPeaks(stack)
      stack.push(project, { '.circleci/config.yml': config(size) })
      const pipeline = await stack.latestPipeline(project)
      const workflow = await stack.waitForWorkflow(pipeline.id, 'main', ['failed', 'success', 'canceled'], 1_800_000)
      const peaks = memory()
      lags.stop()
      const problems = [...ended, ...(await inspect(stack, workflow, size))]
      const lag = quantile(lags.seen, 0.95)
      if (lag > size['lag-ms']) problems.push(`lines of neighbours came ${Math.round(lag)} ms late (p95)`)
      if (lags.seen.length === 0) problems.push('nobody saw a line of a neighbour')
      if (peaks.agent > agentLimitMb) problems.push(`the agent took ${Math.round(peaks.agent)} MB`)
      if (peaks.server > serverLimitMb) problems.push(`the server took ${Math.round(peaks.server)} MB`)
      say(`flooded: ${problems.length} problems`)
      return {
        problems,
        figures: {
          'agent peak, MB': Math.round(peaks.agent),
          'server peak, MB': Math.round(peaks.server),
          'lag p95, ms': Math.round(lag),
          'lines seen live': lags.seen.length,
        },
      }
    } finally {
      await stack.stop()
    }
  },
}

function config({ flooders, megabytes, neighbours, lines }: FloodSize): string {
  const job = (name: string, step: string, command: string) =>
    `  ${name}: {docker: [{image: 'cimg/base:2025.05-20.04'}], resource_class: small, steps: [{run: {name: ${step}, command: ${JSON.stringify(command)}}}]}\n`
  const names = [...Array(flooders).keys()]
    .map((n) => `flood${n}`)
    .concat([...Array(neighbours).keys()].map((n) => `quiet${n}`))
  return `version: 2.1\njobs:\n${names
    .map((name) =>
      name.startsWith('flood')
        ? job(name, 'flood', `(yes || true) | head -c ${megabytes * 1_000_000}; exit 7`)
        : job(name, 'lag', `for i in $(seq ${lines}); do date +%s%3N; sleep 0.2; done`),
    )
    .join('')}workflows: {main: {jobs: [${names.join(', ')}]}}\n`
}

async function inspect(stack: Stack, workflow: string, size: FloodSize): Promise<readonly string[]> {
  const problems: string[] = []
  for (const { id, name, status } of await stack.jobs(workflow)) {
    const flooded = name.startsWith('flood')
    if (status !== (flooded ? 'failed' : 'success')) problems.push(`${name} is ${status}`)
    const step = (await stack.steps(id)).find((one) => one.name === (flooded ? 'flood' : 'lag'))
    if (step === undefined) problems.push(`${name} has no step`)
    else if (flooded) problems.push(...(await inspectFlood(stack, step, name, size.megabytes * 1_000_000)))
    else if (
      String(await stack.output(step.id))
        .trim()
        .split('\n').length !== size.lines
    )
      problems.push(`${name} lost lines`)
  }
  return problems
}

async function inspectFlood(
  stack: Stack,
  step: { readonly id: string; readonly exitCode?: number | null },
  name: string,
  bytes: number,
): Promise<readonly string[]> {
  const kept = Math.min(bytes, capBytes)
  const hash = createHash('sha256')
  let seen = 0
  let rest = ''
  const answer = await fetch(`${stack.url}/api/private/steps/${step.id}/output`, {
    headers: { 'circle-token': stack.admin.token },
  })
  for await (const piece of answer.body!) {
    const part = piece.subarray(0, Math.max(0, kept - seen))
    hash.update(part)
    rest += Buffer.from(piece.subarray(part.length)).toString().slice(0, 1_000)
    seen += piece.length
  }
  const problems: string[] = []
  if (hash.digest('hex') !== hashOf(kept)) problems.push(`${name} has another output than it printed`)
  if (bytes > capBytes && !/cut here/.test(rest)) problems.push(`${name} was cut without a word`)
  if (step.exitCode !== undefined && step.exitCode !== 7) problems.push(`${name} ended with ${step.exitCode}, not 7`)
  return problems
}

function hashOf(bytes: number): string {
  const hash = createHash('sha256')
  const block = Buffer.from(line.repeat(500_000))
  for (let left = bytes; left > 0; left -= block.length) hash.update(block.subarray(0, Math.min(left, block.length)))
  return hash.digest('hex')
}

/** How late the times that neighbours print come to somebody who watches them all. */
function watchLags(stack: Stack): { readonly seen: readonly number[]; stop(): void } {
  const seen: number[] = []
  const live = createLive({
    connect: () => new WebSocket(`${stack.url.replace('http', 'ws')}/live?circle-token=${stack.admin.token}`),
  })
  const followed = new Set<string>()
  const follow = async () => {
    const [pipeline] = (await stack.api<{ items: { id: string }[] }>('GET', `/api/v2/project/gh/${project}/pipeline`))
      .items
    const jobs =
      pipeline === undefined
        ? []
        : (await Promise.all((await stack.workflows(pipeline.id)).map(({ id }) => stack.jobs(id)))).flat()
    for (const job of jobs) {
      if (!job.name.startsWith('quiet') || followed.has(job.id)) continue
      followed.add(job.id)
      const step = (await stack.steps(job.id)).find(({ name }) => name === 'lag')
      if (step === undefined) {
        followed.delete(job.id)
        continue
      }
      // What was printed before somebody looked is late for no fault of ours.
      const since = Date.now()
      live.output(step.id, 0, {
        bytes(_offset, bytes) {
          for (const [stamp] of Buffer.from(bytes)
            .toString('latin1')
            .matchAll(/\b\d{13}\b/g))
            if (Number(stamp) >= since) seen.push(Date.now() - Number(stamp))
        },
        ended() {},
      })
    }
  }
  const timer = setInterval(() => void follow().catch(() => {}), 500)
  return {
    seen,
    stop() {
      clearInterval(timer)
      live.close()
    },
  }
}

/** From here on the kernel keeps the most memory that agent and server ever have anew. */
async function forgetPeaks(stack: Stack): Promise<() => { readonly agent: number; readonly server: number }> {
  const pids = { agent: 'agent/agent.pid', server: 'server.pid' } as const
  const pid = (part: keyof typeof pids) => readFileSync(join(stack.data, pids[part]), 'utf8').split(/\s/)[0]
  const peak = (part: keyof typeof pids) =>
    Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid(part)}/status`, 'utf8'))?.[1] ?? 0) / 1024
  await stack.waitFor('the agent', async () => pid('agent'))
  for (const part of ['agent', 'server'] as const) writeFileSync(`/proc/${pid(part)}/clear_refs`, '5')
  return () => ({ agent: peak('agent'), server: peak('server') })
}
