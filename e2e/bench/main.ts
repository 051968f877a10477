import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { type Stack, startStack, stopOpenStacks } from '@rondo/testkit'
import { archiveFigures } from './archives.ts'
import { boxFigures } from './boxes.ts'
import { cacheMemory } from './cache-memory.ts'
import { configFigures } from './config.ts'
import { engineRows } from './engine/rows.ts'
import type { Figure } from './figure.ts'
import { dockerFirstByte, sandboxFirstByte } from './first-byte.ts'
import { idleMemory, restart } from './idle.ts'
import { jobShare } from './job-share.ts'
import { maskingFigures } from './masking.ts'
import { outputFigures } from './output.ts'
import { poolFigures } from './pool.ts'
import { stepFigures } from './steps.ts'

const image = 'cimg/base:2025.05-20.04'

// Each figure stands beside its floor, measured in the same run; `--json` prints them for machines. `npm run bench -- steps
// output` measures what is named, `engine` all rows of the engine; without a name, all but the compiler and the engine. `--size` is in megabytes, for what
// moves bytes: 1000 are what the aims speak of, an everyday run is content with fewer.
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    size: { type: 'string', default: '128' },
    help: { type: 'boolean', default: false },
  },
})
const megabytes = Number(values.size)

/** What needs no installation, or makes its own. */
const alone: Readonly<Record<string, () => Promise<readonly Figure[]>>> = {
  config: async () => configFigures(),
  ...engineRows,
  masking: async () => maskingFigures(),
  boxes: async () => boxFigures(),
  sandbox: async () => [await sandboxFirstByte()],
  cache: async () => cacheMemory(),
  pool: async () => poolFigures(image),
}

/** What is measured on one installation, with containers. */
const together: Readonly<Record<string, (stack: Stack) => Promise<readonly Figure[]>>> = {
  start: async (stack) => [await restart(stack)],
  memory: async (stack) => idleMemory(stack),
  'first-byte': async (stack) => [await dockerFirstByte(stack, image)],
  steps: async (stack) => stepFigures(stack, image),
  job: async (stack) => [await jobShare(stack, image)],
  output: async (stack) => outputFigures(stack, image, megabytes),
  archives: async (stack) => archiveFigures(stack, image, megabytes),
}

const names = ['engine', ...Object.keys(alone), ...Object.keys(together)]
if (values.help) {
  console.log(`npm run bench -- [NAME…] [--size MEGABYTES] [--json]\nNames: ${names.join(', ')}`)
  process.exit(0)
}
const unknown = positionals.find((name) => !names.includes(name))
if (unknown !== undefined || !(megabytes > 0)) {
  console.error(
    unknown === undefined
      ? `--size ${values.size} is no number of megabytes. Give one above 0.`
      : `There is nothing to measure by the name of ${unknown}. Choose from: ${names.join(', ')}.`,
  )
  process.exit(2)
}
// Whoever runs it with a time limit is left with nothing.
for (const [name, number] of [
  ['SIGHUP', 1],
  ['SIGINT', 2],
  ['SIGTERM', 15],
] as const)
  process.once(name, () => void stopOpenStacks().finally(() => process.exit(128 + number)))

const named = positionals.flatMap((name) => (name === 'engine' ? Object.keys(engineRows) : [name]))
const wanted =
  named.length > 0 ? named : names.filter((name) => name !== 'config' && name !== 'engine' && !(name in engineRows))

const figures: (Figure & { readonly load: string })[] = []
for (const [name, measure] of Object.entries(alone)) if (wanted.includes(name)) keep(await measure())
if (Object.keys(together).some((name) => wanted.includes(name))) await measureTogether()
if (values.json) console.log(JSON.stringify(figures, null, 2))
else console.table(figures, ['name', 'ours', 'floor', 'ratio', 'aim', 'load'])

async function measureTogether(): Promise<void> {
  const stack = await startStack()
  try {
    // Without a project, which would not be idle.
    for (const name of ['start', 'memory']) if (wanted.includes(name)) keep(await together[name]!(stack))
    await stack.createProject('bench', 'app')
    for (const [name, measure] of Object.entries(together))
      if (wanted.includes(name) && name !== 'start' && name !== 'memory') keep(await measure(stack))
  } finally {
    await stack.stop()
  }
}

/** The machine's load average stands beside each: others who want the processor show in every figure. */
function keep(measured: readonly Figure[]): void {
  const load = loadavg()[0]!.toFixed(1)
  figures.push(...measured.map((figure) => ({ ...figure, load })))
}
