import { commands, help } from './commands.ts'

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
