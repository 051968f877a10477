import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Stack, startStack } from '@rondo/testkit'
import { configFigures } from './config.ts'

/** Figures of the whole product, each beside its floor measured in the same run. `--json` prints them for machines. */
interface Figure {
  readonly name: string
  readonly ours: string
  readonly floor: string
  readonly aim: string
}

const image = 'cimg/base:2025.05-20.04'
const rounds = 30

// `npm run bench -- config` measures the compiler alone; `-- first-byte steps` some figures of the whole product; without a
// name, all of these.
const figures = process.argv.includes('config') ? await configFigures() : await productFigures()
if (process.argv.includes('--json')) console.log(JSON.stringify(figures, null, 2))
else console.table(figures)

async function productFigures(): Promise<readonly Figure[]> {
  const stack = await startStack()
  const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))
  const measure = async (name: string, run: () => Promise<readonly Figure[]>) =>
    wanted.length === 0 || wanted.includes(name) ? run() : []
  try {
    const figures = [
      ...(await measure('start', async () => [await restart(stack)])),
      ...(await measure('memory', () => idleMemory(stack))),
    ]
    await stack.createProject('bench', 'app')
    return [
      ...figures,
      ...(await measure('first-byte', async () => [await firstByte(stack)])),
      ...(await measure('steps', async () => [await stepOverhead(stack)])),
    ]
  } finally {
    await stack.stop()
  }
}

/** An initialised installation, from the start of the process to healthy. */
async function restart(stack: Stack): Promise<Figure> {
  const times: number[] = []
  for (let round = 0; round < 5; round++) {
    stack.kill('server')
    const begun = performance.now()
    await stack.startServer()
    times.push(performance.now() - begun)
  }
  const bare = timed(() => spawnSync(process.execPath, ['-e', '']))
  return {
    name: 'start to healthy',
    ours: ms(median(times)),
    floor: `${ms(bare)} (an empty Node.js process)`,
    aim: '≤ 1500 ms',
  }
}

async function idleMemory(stack: Stack): Promise<readonly Figure[]> {
  await sleep(3_000)
  const pid = (file: string) => Number(readFileSync(join(stack.data, file), 'utf8').split(/\s/)[0])
  const server = proportional(pid('server.pid'))
  const agent = proportional(pid('agent/agent.pid'))
  const postmaster = pid('postgres/postmaster.pid')
  const backends = spawnSync('pgrep', ['-P', String(postmaster)], { encoding: 'utf8' })
    .stdout.split('\n')
    .filter(Boolean)
    .map(Number)
  const postgres = [postmaster, ...backends].reduce((sum, process_) => sum + proportional(process_), 0)
  return [
    { name: 'idle memory, server', ours: `${server.toFixed(0)} MB`, floor: '', aim: '≤ 150 MB' },
    {
      name: 'idle memory, everything',
      ours: `${(server + agent + postgres).toFixed(0)} MB (agent ${agent.toFixed(0)}, PostgreSQL ${postgres.toFixed(0)})`,
      floor: '',
      aim: '≤ 300 MB',
    },
  ]
}

/** Proportional set size in MB: pages that processes share are counted once in all. */
function proportional(pid: number): number {
  return Number(/^Pss:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1] ?? 0) / 1024
}

/** From the push's acceptance to the first byte of the first step in a subscribed client. */
async function firstByte(stack: Stack): Promise<Figure> {
  const config = `version: 2.1\njobs: {it: {docker: [{image: '${image}'}], steps: [{run: {name: hello, command: echo hello}}]}}\nworkflows: {main: {jobs: [it]}}\n`
  const ours: number[] = []
  const floor: number[] = []
  for (let round = 0; round < rounds; round++) {
    floor.push(containerStart())
    const seen = watchFirstByte(stack)
    await seen.ready
    stack.push('bench/app', { '.circleci/config.yml': config, round: String(round) })
    const accepted = Date.parse(
      (await stack.api<{ items: { created_at: string }[] }>('GET', '/api/v2/project/gh/bench/app/pipeline')).items[0]!
        .created_at,
    )
    ours.push((await seen.at) - accepted)
    await stack.waitForWorkflow((await stack.latestPipeline('bench/app')).id, 'main', ['success'])
  }
  const over = ours.map((time, index) => time - floor[index]!)
  return {
    name: 'push accepted to first byte',
    ours: `median ${ms(median(ours))}, p95 ${ms(quantile(ours, 0.95))}`,
    floor: `${ms(median(floor))} (engine: create + start)`,
    aim: `floor + 200 ms / + 500 ms; over the floor: ${ms(median(over))} / ${ms(quantile(over, 0.95))}`,
  }
}

/** Time at which the first byte of a step named hello arrives over the live channel, by the clock that stamps pipelines. */
function watchFirstByte(stack: Stack): { ready: Promise<void>; at: Promise<number> } {
  const ready = Promise.withResolvers<void>()
  const at = Promise.withResolvers<number>()
  const socket = new WebSocket(`${stack.url.replace('http', 'ws')}/live?circle-token=${stack.admin.token}`)
  socket.binaryType = 'arraybuffer'
  socket.onopen = () => socket.send(JSON.stringify({ type: 'subscribe', channel: 1, topic: { kind: 'all' } }))
  socket.onmessage = (event) => {
    if (typeof event.data !== 'string') {
      at.resolve(Date.now())
      socket.close()
      return
    }
    const message = JSON.parse(event.data)
    if (message.type === 'subscribed') ready.resolve()
    if (message.type === 'event' && message.event.kind === 'step.started' && message.event.data.name === 'hello') {
      socket.send(JSON.stringify({ type: 'output', channel: 2, stepId: message.event.data.stepId, offset: 0 }))
    }
  }
  return { ready: ready.promise, at: at.promise }
}

/** What the engine alone takes to create and start the same container. */
function containerStart(): number {
  const name = `rondo-bench-${process.pid}`
  const time = timed(() =>
    spawnSync('sh', [
      '-c',
      `docker create --name ${name} ${image} sleep 60 >/dev/null && docker start ${name} >/dev/null`,
    ]),
  )
  spawnSync('docker', ['rm', '-f', name])
  return time
}

/** A hundred steps that do nothing, beside `docker exec` for each. */
async function stepOverhead(stack: Stack): Promise<Figure> {
  const steps = Array.from({ length: 100 }, () => "{run: 'true'}").join(', ')
  stack.push('bench/app', {
    '.circleci/config.yml': `version: 2.1\njobs: {it: {docker: [{image: '${image}'}], steps: [${steps}]}}\nworkflows: {main: {jobs: [it]}}\n`,
  })
  const workflow = await stack.waitForWorkflow((await stack.latestPipeline('bench/app')).id, 'main', ['success'])
  const [job] = await stack.jobs(workflow)
  const page = await stack.api<{ slices: { steps: { name: string; startedAt: string; finishedAt: string }[] }[] }>(
    'GET',
    `/api/private/jobs/${job!.id}`,
  )
  const trues = page.slices[0]!.steps.filter((step) => step.name === 'true')
  const each = (Date.parse(trues.at(-1)!.finishedAt) - Date.parse(trues[0]!.startedAt)) / trues.length
  const name = `rondo-bench-exec-${process.pid}`
  spawnSync('docker', ['run', '-d', '--name', name, image, 'sleep', '60'])
  const exec = timed(() => {
    for (let count = 0; count < 20; count++) spawnSync('docker', ['exec', name, 'true'])
  })
  spawnSync('docker', ['rm', '-f', name])
  return { name: '100 steps of true, each', ours: ms(each), floor: `${ms(exec / 20)} (docker exec)`, aim: '≤ 5 ms' }
}

function timed(run: () => unknown): number {
  const begun = performance.now()
  run()
  return performance.now() - begun
}

function median(values: readonly number[]): number {
  return quantile(values, 0.5)
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`
}
