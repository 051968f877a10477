import { enableCompileCache } from 'node:module'
import { readCliEnv } from './env.ts'
import { mindOutput } from './terminal/mind-output.ts'

mindOutput()
// Reading the compiler's source again and again is most of what a short command does; kept compiled, it takes a fifth.
enableCompileCache(readCliEnv().compiledFolder)
const { commands } = await import('./commands.ts')
const { help, overview } = await import('./help.ts')
const { unknownWord } = await import('./unknown-word.ts')

const [name = 'help', ...args] = process.argv.slice(2)
const helps = name === 'help' || name === '--help' || name === '-h'
const [asked, verb] = helps ? args : [name, args[0]]
const command = commands.find((candidate) => candidate.name === name)

if (asked === undefined) {
  process.stdout.write(overview())
} else if (help(asked) === undefined) {
  const names = [...commands.map((candidate) => candidate.name), 'help']
  process.stderr.write(`${unknownWord('', asked, names)}\n`)
  process.exitCode = 2
} else if (command === undefined || args.includes('--help') || args.includes('-h')) {
  process.stdout.write(help(asked, verb) ?? help(asked) ?? '')
} else {
  process.exitCode = await command.run(args)
}
