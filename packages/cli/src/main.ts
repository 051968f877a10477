import { enableCompileCache } from 'node:module'
import { readCliEnv } from './env.ts'

// Reading the compiler's source again and again is most of what a short command does; kept compiled, it takes a fifth.
enableCompileCache(readCliEnv().compiledFolder)
const { commands, help } = await import('./commands.ts')

const [name = 'help', ...args] = process.argv.slice(2)
const command = commands.find((candidate) => candidate.name === name)

if (name === 'help' || name === '--help' || name === '-h') {
  process.stdout.write(help(args[0]))
} else if (command === undefined) {
  process.stderr.write(`There is no command "${name}". \`rondo help\` lists them.\n`)
  process.exitCode = 2
} else if (args.includes('--help') || args.includes('-h')) {
  process.stdout.write(help(name))
} else {
  process.exitCode = await command.run(args)
}
