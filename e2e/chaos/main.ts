import { sandboxWorks } from '@rondo/testkit'
import type { Experiment } from './experiment.ts'
import { experiments } from './experiments.ts'

const known = Object.entries(experiments) as [string, Experiment][]
const usage = `npm run chaos -- [NAME] [--SIZE N …] [--executor NAME]

${known.map(([name, { rows, what, full }]) => `  ${name.padEnd(10)} ${what} (${rows})\n${' '.repeat(13)}${sizes(full)}\n`).join('')}
  all is the default. --executor is docker or sandbox; the sandbox by default, where it works.
`

// What the product promises under load and trouble, looked at from outside; every experiment says what it counted, and
// ends with 1 when a promise was broken.
const [first, ...others] = process.argv.slice(2)
if (first === '--help') process.stdout.write(usage)
else if (first === undefined || first.startsWith('--')) process.exitCode = await run('all', process.argv.slice(2))
else process.exitCode = await run(first, others)

async function run(name: string, options: readonly string[]): Promise<number> {
  const experiment = known.find(([one]) => one === name)?.[1]
  if (experiment === undefined) refuse(`There is no experiment "${name}".`)
  const { size, executor } = readOptions(experiment, options)
  const started = performance.now()
  const say = (line: string) => void process.stdout.write(`${line}\n`)
  const { problems, figures } = await experiment.run(size, { executor, say })
  for (const problem of problems) say(`PROBLEM: ${problem}`)
  console.table({ ...figures, problems: problems.length, seconds: Math.round((performance.now() - started) / 1_000) })
  return problems.length === 0 ? 0 : 1
}

function readOptions({ full }: Experiment, options: readonly string[]) {
  const size: Record<string, number> = { ...full }
  let executor: 'docker' | 'sandbox' = sandboxWorks() ? 'sandbox' : 'docker'
  for (let at = 0; at < options.length; at += 2) {
    const name = options[at]!.replace(/^--/, '')
    const text = options[at + 1] ?? ''
    if (name === 'executor') {
      if (text !== 'docker' && text !== 'sandbox') refuse(`--executor is docker or sandbox, not "${text}".`)
      executor = text
      continue
    }
    if (!(name in full)) refuse(`This experiment knows no --${name}. It knows ${sizes(full)}.`)
    const value = Number(text)
    if (!(Number.isFinite(value) && value > 0)) refuse(`--${name} must be a number above 0, not "${text}".`)
    size[name] = value
  }
  return { size, executor }
}

function sizes(full: Experiment['full']): string {
  return Object.entries(full)
    .map(([name, value]) => `--${name} ${Number.isFinite(value) ? value : 'no end'}`)
    .join(' ')
}

function refuse(why: string): never {
  process.stderr.write(`${why}\n\n${usage}`)
  process.exit(2)
}
