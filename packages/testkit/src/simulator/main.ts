import { parseArgs } from 'node:util'
import { simulate } from './simulate.ts'

const usage = `npm run simulate -- [options]

  --seeds N    worlds to run, one seed after the other; 1000 by default
  --seed S     the first seed; 1 by default
  --trace      print everything that happens in the first world; use it with the seed of a failure
`

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '1000' },
    seed: { type: 'string', default: '1' },
    trace: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
})

if (values.help) process.stdout.write(usage)
else await run(wholeNumber('seed', values.seed), values.trace ? 1 : wholeNumber('seeds', values.seeds), values.trace)

async function run(first: number, count: number, trace: boolean): Promise<void> {
  const started = performance.now()
  const sums = { worlds: 0, pipelines: 0, workflows: 0, jobs: 0, starts: 0, commits: 0, simulatedMs: 0 }
  for (let seed = first; seed < first + count; seed++) {
    const onTrace = trace ? (line: string) => process.stdout.write(`${line}\n`) : undefined
    const result = await simulate({ seed, ...(onTrace === undefined ? {} : { onTrace }) })
    sums.worlds++
    for (const key of ['pipelines', 'workflows', 'jobs', 'starts', 'commits', 'simulatedMs'] as const)
      sums[key] += result[key]
    for (const { rule, what, at } of result.violations)
      process.stdout.write(`seed ${seed}: invariant ${rule} broken after ${Math.round(at)} ms: ${what}\n`)
    if (result.violations.length > 0) {
      process.exitCode = 1
      process.stdout.write(`Replay it with: npm run simulate -- --trace --seed ${seed}\n`)
    }
  }
  const seconds = (performance.now() - started) / 1_000
  const days = sums.simulatedMs / 86_400_000
  process.stdout.write(
    `${sums.worlds} worlds, ${sums.pipelines} pipelines, ${sums.workflows} workflows, ${sums.jobs} jobs, ${sums.starts} starts of user code, ` +
      `${sums.commits} commits, ${days.toFixed(1)} days simulated in ${seconds.toFixed(1)} s\n`,
  )
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text)
  if (Number.isSafeInteger(number) && number >= 0) return number
  process.stderr.write(`--${name} must be a whole number, not "${text}".\n\n${usage}`)
  process.exit(2)
}
