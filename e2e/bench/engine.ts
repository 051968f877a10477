import { buildJob, buildWorkflow, startTestEngine, type TestEngine } from '@rondo/testkit'
import { type Figure, ms, quantile } from './figure.ts'

const config = `version: 2.1
jobs: {it: {docker: [{image: alpine}], steps: [checkout]}}
workflows: {main: {jobs: [{it: {name: a}}, {it: {name: b}}, {it: {name: c, requires: [a, b]}}]}}
`
const pipelines = 60
const atOnce = 8

/** The conductor over real PostgreSQL, without agents: they are told of and report at once. */
export async function engineFigures(): Promise<readonly Figure[]> {
  const engine = await startTestEngine()
  try {
    const floor = await transactionsPerSecond(engine)
    return [...(await throughput(engine, floor)), await queueLatency(engine)]
  } finally {
    await engine.stop()
  }
}

/** The floor: durable transactions of one row, as many at once as the conductor gets. */
async function transactionsPerSecond({ database }: TestEngine): Promise<number> {
  const count = 2_000
  const begun = performance.now()
  await beside(atOnce, count, (index) =>
    database.store.engine.saveAgent({ name: `floor-${index}`, hostname: '', cpus: 1, memoryMb: 1, executors: [] }),
  )
  return count / seconds(begun)
}

async function throughput(engine: TestEngine, floor: number): Promise<readonly Figure[]> {
  const { project } = await engine.home()
  const begun = performance.now()
  await beside(atOnce, pipelines, () => engine.push(project, config))
  const made = pipelines / seconds(begun)
  const running = performance.now()
  let finished = 0
  await beside(atOnce, atOnce, async () => {
    while (finished < pipelines * 3) {
      for (const task of await engine.claim(4)) {
        await engine.finish(task)
        finished++
      }
    }
  })
  const rate = (pipelines * 3) / seconds(running)
  const beneath = `${floor.toFixed(0)}/s (one-row transactions)`
  return [
    { name: 'pipelines of three jobs made', ours: `${made.toFixed(0)}/s`, floor: beneath, aim: '' },
    { name: 'jobs claimed, granted and finished', ours: `${rate.toFixed(0)}/s`, floor: beneath, aim: '≥ 150/s' },
  ]
}

/** How long a claim takes with ten thousand tasks waiting, beside a queue that has only what is claimed. */
async function queueLatency(engine: TestEngine): Promise<Figure> {
  const { store } = engine.database
  const { project } = await engine.home()
  const fill = (parallelism: number) => buildWorkflow(store, project, [buildJob({ parallelism })], { queue: true })
  const claimOften = async () => {
    const times: number[] = []
    for (let round = 0; round < 100; round++) {
      const begun = performance.now()
      await engine.claim(1)
      times.push(performance.now() - begun)
    }
    return times
  }
  await fill(100)
  const short = await claimOften()
  await fill(10_000)
  const long = await claimOften()
  const both = (times: readonly number[]) => `${ms(quantile(times, 0.5))}, p95 ${ms(quantile(times, 0.95))}`
  return {
    name: 'a claim with 10,000 tasks waiting',
    ours: both(long),
    floor: `${both(short)} (with 100 waiting)`,
    aim: '≤ 1.2 × the floor',
  }
}

/** Runs `work` so many times, some beside each other. */
async function beside(workers: number, times: number, work: (index: number) => Promise<unknown>): Promise<void> {
  let next = 0
  await Promise.all(
    Array.from({ length: workers }, async () => {
      while (next < times) await work(next++)
    }),
  )
}

function seconds(begun: number): number {
  return (performance.now() - begun) / 1_000
}
