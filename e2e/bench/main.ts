import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Stack, startStack } from '@rondo/testkit'
import { cacheMemory } from './cache-memory.ts'
import { configFigures } from './config.ts'
import { engineFigures } from './engine/figures.ts'
import { type Figure, median, ms, timed } from './figure.ts'
import { dockerFirstByte, sandboxFirstByte } from './first-byte.ts'
import { maskingFigures } from './masking.ts'

const image = 'cimg/base:2025.05-20.04'

const wanted = process.argv.slice(2).filter((argument) => !argument.startsWith('-'))

// Each figure stands beside its floor, measured in the same run; `--json` prints them for machines. `npm run bench -- config`
// measures the compiler alone; `-- engine` the conductor, `-- engine throughput idle` some rows of it; `-- first-byte sandbox cache` some figures of the whole product; without a name, all of these.
const figures = wanted.includes('config')
  ? await configFigures()
  : wanted.includes('engine')
    ? await engineFigures(wanted.filter((name) => name !== 'engine'))
    : await productFigures()
if (process.argv.includes('--json')) console.log(JSON.stringify(figures, null, 2))
else console.table(figures)

async function productFigures(): Promise<readonly Figure[]> {
  const sandboxed = await measure('sandbox', async () => [await sandboxFirstByte()])
  const cached = await measure('cache', cacheMemory)
  if (wanted.length > 0 && wanted.every((name) => name === 'sandbox' || name === 'cache'))
    return [...sandboxed, ...cached]
  const stack = await startStack()
  try {
    const figures = [
      ...(await measure('start', async () => [await restart(stack)])),
      ...(await measure('memory', () => idleMemory(stack))),
    ]
    await stack.createProject('bench', 'app')
    return [
      ...figures,
      ...(await measure('masking', async () => maskingFigures())),
      ...(await measure('first-byte', async () => [await dockerFirstByte(stack, image)])),
      ...sandboxed,
      ...cached,
      ...(await measure('steps', async () => [await stepOverhead(stack)])),
    ]
  } finally {
    await stack.stop()
  }
}

async function measure(name: string, run: () => Promise<readonly Figure[]>): Promise<readonly Figure[]> {
  return wanted.length === 0 || wanted.includes(name) ? run() : []
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
