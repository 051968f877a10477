import { parseArgs } from 'node:util'
import { sandboxWorks, startStack } from '@rondo/testkit'
import { killAtRandom, parts } from './kills.ts'
import { createLoad } from './load.ts'

const usage = `npm run chaos -- [options]

  --kills N        kills altogether; 100 by default
  --seconds S      between two kills, on average; 2 by default
  --at-once N      pipelines that run beside each other; 2 by default
  --executor NAME  docker or sandbox; the sandbox by default, where it works
`

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '100' },
    seconds: { type: 'string', default: '2' },
    'at-once': { type: 'string', default: '2' },
    executor: { type: 'string', default: sandboxWorks() ? 'sandbox' : 'docker' },
    help: { type: 'boolean', default: false },
  },
})

// The whole product under load, its processes killed at moments nobody chose; afterwards every job that was promised must
// have ended once, with every byte of its output.
if (values.help) process.stdout.write(usage)
else process.exitCode = (await run()) ? 0 : 1

async function run(): Promise<boolean> {
  const stack = await startStack({ executor: values.executor === 'docker' ? 'docker' : 'sandbox' })
  try {
    const load = await createLoad(stack, number('at-once'))
    const working = load.start()
    const kills = await killAtRandom(stack, {
      kills: number('kills'),
      meanMs: number('seconds') * 1_000,
      onKill: (text) => process.stdout.write(`${text}\n`),
    })
    process.stdout.write('no more kills; waiting for what still runs\n')
    const findings = await load.finish()
    await working
    for (const problem of findings.problems) process.stdout.write(`PROBLEM: ${problem}\n`)
    const { figures, problems } = findings
    const killed = Object.fromEntries(parts.map((part) => [`kills of the ${part}`, kills.count[part]]))
    console.table({ ...killed, 'longest until healthy again, s': kills.longestMs / 1_000, ...figures })
    return problems.length === 0
  } finally {
    await stack.stop()
  }
}

function number(name: 'kills' | 'seconds' | 'at-once'): number {
  const value = Number(values[name])
  if (Number.isFinite(value) && value > 0) return value
  process.stderr.write(`--${name} must be a number above 0, not "${values[name]}".\n\n${usage}`)
  process.exit(2)
}
