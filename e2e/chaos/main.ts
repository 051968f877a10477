import { parseArgs } from 'node:util'
import { sandboxWorks } from '@rondo/testkit'
import { experiments, runExperiment } from './experiments.ts'

const usage = `npm run chaos -- [NAME] [options]

${Object.entries(experiments)
  .map(([name, { rows, what }]) => `  ${name.padEnd(16)} ${what} (${rows})`)
  .join('\n')}

  all is the default. The server's roles are split over three processes.

  --kills N        blows altogether
  --seconds S      between two blows, on average
  --workflows N    workflows altogether
  --jobs N         jobs of each workflow
  --at-once N      workflows that run beside each other
  --executor NAME  docker or sandbox; the sandbox by default, where it works
`

const text = { type: 'string' } as const
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    kills: text,
    seconds: text,
    workflows: text,
    jobs: text,
    'at-once': text,
    executor: { type: 'string', default: sandboxWorks() ? 'sandbox' : 'docker' },
    help: { type: 'boolean', default: false },
  },
})

// The whole product under load, its processes hit at moments nobody chose; afterwards every job that was promised must
// have ended once, with every byte of its output.
if (values.help) process.stdout.write(usage)
else process.exitCode = (await run(positionals[0] ?? 'all')) ? 0 : 1

async function run(name: string): Promise<boolean> {
  const experiment = experiments[name]
  if (experiment === undefined) refuse(`There is no experiment "${name}".`)
  const { full } = experiment
  const size = {
    ...full,
    kills: number('kills') ?? full.kills,
    meanMs: (number('seconds') ?? full.meanMs / 1_000) * 1_000,
    workflows: number('workflows') ?? full.workflows ?? Number.POSITIVE_INFINITY,
    jobs: number('jobs') ?? full.jobs ?? 3,
    atOnce: number('at-once') ?? full.atOnce,
  }
  const started = performance.now()
  const { problems, figures } = await runExperiment(experiment, size, {
    executor: values.executor === 'docker' ? 'docker' : 'sandbox',
    say: (line) => process.stdout.write(`${line}\n`),
  })
  for (const problem of problems) process.stdout.write(`PROBLEM: ${problem}\n`)
  console.table({ ...figures, seconds: Math.round((performance.now() - started) / 1_000) })
  return problems.length === 0
}

function number(name: 'kills' | 'seconds' | 'workflows' | 'jobs' | 'at-once'): number | undefined {
  const given = values[name]
  if (given === undefined) return undefined
  const value = Number(given)
  if (Number.isFinite(value) && value > 0) return value
  refuse(`--${name} must be a number above 0, not "${given}".`)
}

function refuse(why: string): never {
  process.stderr.write(`${why}\n\n${usage}`)
  process.exit(2)
}
