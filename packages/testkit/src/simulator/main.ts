import { parseArgs } from 'node:util'
import { plantedBugs } from './planted-bugs.ts'
import { type Simulation, simulate } from './simulate.ts'
import { simulations } from './simulations.ts'

const usage = `npm run simulate -- [options]

  --count N       run worlds until they had so many workflows
  --seeds N       or so many worlds, one seed after the other; 1000 by default
  --seed S        the first seed; 1 by default
  --threads N     worlds beside each other; one a processor by default
  --planted NAME  plant a bug, to see it found
  --trace         print everything that happens in the first world; use it with the seed of a failure
`

const { values } = parseArgs({
  options: {
    count: { type: 'string' },
    seeds: { type: 'string' },
    seed: { type: 'string', default: '1' },
    threads: { type: 'string' },
    planted: { type: 'string' },
    trace: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

const planted = values.planted
if (planted !== undefined && plantedBugs[planted] === undefined)
  refuse(`--planted must name a bug, not "${planted}". There are:\n${Object.keys(plantedBugs).join('\n')}`)
if (values.help) process.stdout.write(usage)
else if (values.trace) await trace(wholeNumber('seed', values.seed))
else await run()

async function run(): Promise<void> {
  const started = performance.now()
  const { count, threads } = values
  const worlds = values.seeds ?? (count === undefined ? '1000' : undefined)
  const sums = await simulations({
    firstSeed: wholeNumber('seed', values.seed),
    ...(count === undefined ? {} : { workflows: wholeNumber('count', count) }),
    ...(worlds === undefined ? {} : { worlds: wholeNumber('seeds', worlds) }),
    ...(threads === undefined ? {} : { threads: wholeNumber('threads', threads) }),
    ...(planted === undefined ? {} : { planted }),
    onBroken: (world) => {
      tell(world)
      const again = planted === undefined ? '' : ` --planted '${planted}'`
      process.stdout.write(`Replay it with: npm run simulate -- --trace --seed ${world.seed}${again}\n`)
    },
  })
  if (sums.broken > 0) process.exitCode = 1
  const seconds = (performance.now() - started) / 1_000
  const days = sums.simulatedMs / 86_400_000
  process.stdout.write(
    `${sums.worlds} worlds, ${sums.pipelines} pipelines, ${sums.workflows} workflows, ${sums.jobs} jobs, ${sums.starts} starts of user code, ` +
      `${sums.commits} commits, ${days.toFixed(1)} days simulated in ${seconds.toFixed(1)} s; ${sums.broken} worlds broke an invariant\n`,
  )
}

async function trace(seed: number): Promise<void> {
  const onTrace = (line: string) => process.stdout.write(`${line}\n`)
  const sabotage = planted === undefined ? undefined : plantedBugs[planted]
  const world = await simulate({ seed, onTrace, ...(sabotage === undefined ? {} : { sabotage }) })
  tell(world)
  if (world.violations.length > 0) process.exitCode = 1
}

function tell({ seed, violations }: Simulation): void {
  for (const { rule, what, at } of violations)
    process.stdout.write(`seed ${seed}: invariant ${rule} broken after ${Math.round(at)} ms: ${what}\n`)
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 0) return number
  refuse(`--${name} must be a whole number, not "${text}".`)
}

function refuse(why: string): never {
  process.stderr.write(`${why}\n\n${usage}`)
  process.exit(2)
}
