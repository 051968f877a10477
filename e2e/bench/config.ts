import { once } from 'node:events'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { gzipSync } from 'node:zlib'
import { compile } from '@rondo/config'
import { rolldown } from 'rolldown'
import { parseAllDocuments } from 'yaml'

/**
 * Figures of the compiler, each with how it grows. The floor beside them is what the `yaml` library takes to read the
 * same text into a document with positions, and to do nothing else with it.
 */
export interface ConfigFigure {
  readonly name: string
  readonly ours: string
  readonly floor: string
  readonly aim: string
}

const options = { pipelineValues: { 'pipeline.git.branch': 'main' } }
const repository = join(import.meta.dirname, '../..')

/** Takes about half a minute. */
export async function configFigures(): Promise<readonly ConfigFigure[]> {
  const configs = realConfigs()
  for (let round = 0; round < 3; round++) for (const source of configs) compile(source, options)
  return [
    realMedian(configs),
    largeConfig(),
    ...matrixGrowth([10, 100, 1_000]),
    await coldMatrix(1_000),
    ...jobGrowth([10, 100, 1_000, 10_000]),
    await bundle(),
  ]
}

/** The configs of public repositories that stand beside this one; without them a config of our own. */
function realConfigs(): readonly string[] {
  const folder = join(repository, '../shared/reference/config/real')
  if (!existsSync(folder)) return [largeSource(8_000)]
  return readdirSync(folder).map((file) => readFileSync(join(folder, file), 'utf8'))
}

function realMedian(configs: readonly string[]): ConfigFigure {
  const ours = configs.map((source) => best(5, () => compile(source, options)))
  const floor = configs.map((source) => best(5, () => libraryRead(source)))
  return {
    name: `a real config, median of ${configs.length}`,
    ours: middleAndWorst(ours),
    floor: middleAndWorst(floor),
    aim: '≤ 3 ms',
  }
}

function middleAndWorst(taken: readonly Taken[]): string {
  const at = (share: number) => ({
    wall: quantile(
      taken.map(({ wall }) => wall),
      share,
    ),
    cpu: quantile(
      taken.map(({ cpu }) => cpu),
      share,
    ),
  })
  return `${both(at(0.5))}, p95 ${both(at(0.95))}`
}

function largeConfig(): ConfigFigure {
  const sources = [250_000, 500_000, 1_000_000].map(largeSource)
  const times = sources.map((source) => both(best(5, () => compile(source, options))))
  return {
    name: 'a config of 250 kB, 500 kB, 1 MB',
    ours: times.join(', '),
    floor: sources.map((source) => both(best(3, () => libraryRead(source)))).join(', '),
    aim: '≤ 300 ms for 1 MB',
  }
}

function matrixGrowth(sizes: readonly number[]): readonly ConfigFigure[] {
  return sizes.map((size) => {
    const source = matrixSource([size])
    const time = best(5, () => compile(source, options))
    return {
      name: `a matrix of ${size} jobs`,
      ours: `${both(time)}, cpu ${us(time.cpu / size)} a job`,
      floor: both(best(5, () => libraryRead(source))),
      aim: size === 1_000 ? '≤ 100 ms' : '',
    }
  })
}

/**
 * The same in a thread that has just been started, which is what the first compile after a server's start costs: loading
 * the compiler and running it before the engine has optimised anything. The figures above are of a warm one.
 */
async function coldMatrix(size: number): Promise<ConfigFigure> {
  const times: number[] = []
  for (let count = 0; count < 3; count++) times.push(await coldCompile(matrixSource([size])))
  const empty: number[] = []
  for (let count = 0; count < 3; count++) empty.push(await coldCompile('version: 2.1'))
  return {
    name: `a matrix of ${size} jobs in a new thread, its start included`,
    ours: ms(Math.min(...times)),
    floor: `${ms(Math.min(...empty))} with an empty config`,
    aim: '',
  }
}

async function coldCompile(source: string): Promise<number> {
  const begun = performance.now()
  const worker = new Worker(new URL('./config-cold.ts', import.meta.url), { workerData: source })
  await once(worker, 'message')
  const taken = performance.now() - begun
  await worker.terminate()
  return taken
}

/**
 * Many jobs from little text: what is written out grows, what is read hardly does. Linear: a character of output costs no
 * more than twice what it costs at a hundred jobs, below which starting up weighs in.
 */
function jobGrowth(sizes: readonly number[]): readonly ConfigFigure[] {
  let base: number | undefined
  return sizes.map((size) => {
    const rows = Array.from({ length: Math.ceil(size / 1_000) }, () => Math.min(size, 1_000))
    const source = matrixSource(rows)
    const time = best(3, () => compile(source, options))
    const characters = compile(source, options).output?.length ?? Number.NaN
    const cost = time.cpu / (characters / 1_000)
    if (size === 100) base = cost
    const growth = base === undefined || size <= 100 ? '' : `, ${(cost / base).toFixed(2)} times that of 100 jobs`
    return {
      name: `${size} jobs in ${rows.length} workflows`,
      ours: `${both(time)}, cpu ${us(cost)} for 1,000 characters of output${growth}`,
      floor: '',
      aim: size > 100 ? 'at most twice the cost at 100 jobs' : '',
    }
  })
}

/** What a browser loads: the package with everything it imports, minified. */
async function bundle(): Promise<ConfigFigure> {
  const build = await rolldown({ input: join(repository, 'packages/config/src/index.ts'), platform: 'browser' })
  const { output } = await build.generate({ minify: true, format: 'esm' })
  const code = output.map((chunk) => (chunk.type === 'chunk' ? chunk.code : '')).join('')
  await build.close()
  return {
    name: 'bundle for the browser, gzipped',
    ours: `${(gzipSync(code, { level: 9 }).length / 1_000).toFixed(1)} kB`,
    floor: '',
    aim: '≤ 150 kB',
  }
}

function largeSource(characters: number): string {
  const jobs: string[] = []
  const names: string[] = []
  for (let length = 0; length < characters * 0.97; length += jobs.at(-1)!.length + names.at(-1)!.length) {
    const name = `job-${names.length}`
    names.push(`      - ${name}\n`)
    jobs.push(
      `  ${name}:\n    docker:\n      - image: cimg/base:current # primary\n    environment: {A: "x", B: 'y'}\n    steps:\n      - checkout\n      - run:\n          name: build something\n          command: |\n            set -e\n            make all TARGET=${names.length}\n      - save_cache:\n          key: v1-{{ checksum "x" }}\n          paths: [node_modules, "~/.cache"]\n`,
    )
  }
  return `version: 2.1\njobs:\n${jobs.join('')}workflows:\n  w:\n    jobs:\n${names.join('')}`
}

function matrixSource(rows: readonly number[]): string {
  const values = (count: number) => Array.from({ length: count }, (_, index) => index).join(', ')
  const workflows = rows.map(
    (count, index) =>
      `  w${index}:\n    jobs:\n      - m: {w: ${index}, matrix: {parameters: {v: [${values(count)}]}}}\n`,
  )
  return `version: 2.1
commands:
  say: {parameters: {to: {type: string}}, steps: [{run: {name: say, command: "echo << parameters.to >>"}}]}
jobs:
  m:
    parameters: {v: {type: integer}, w: {type: integer}}
    docker: [{image: cimg/base:current}]
    steps: [checkout, {say: {to: "<< parameters.w >> << parameters.v >>"}}]
workflows:\n${workflows.join('')}`
}

function libraryRead(source: string): void {
  parseAllDocuments(source, { version: '1.1', schema: 'failsafe', uniqueKeys: false, prettyErrors: false })
}

interface Taken {
  readonly wall: number
  readonly cpu: number
}

/** The shortest of several runs, and the least processor time of one: what the code takes when nobody else wants the machine. */
function best(runs: number, run: () => unknown): Taken {
  let shortest: Taken = { wall: Number.POSITIVE_INFINITY, cpu: Number.POSITIVE_INFINITY }
  for (let count = 0; count < runs; count++) {
    const before = process.cpuUsage()
    const begun = performance.now()
    run()
    const wall = performance.now() - begun
    const { user, system } = process.cpuUsage(before)
    shortest = { wall: Math.min(shortest.wall, wall), cpu: Math.min(shortest.cpu, (user + system) / 1_000) }
  }
  return shortest
}

/** Wall time, with processor time behind it: the second is what counts on a busy machine. */
function both({ wall, cpu }: Taken): string {
  return `${ms(wall)} (cpu ${ms(cpu)})`
}

function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

function ms(value: number): string {
  return `${value < 10 ? value.toFixed(1) : value.toFixed(0)} ms`
}

function us(value: number): string {
  return `${(value * 1_000).toFixed(0)} µs`
}
