import { commands, unknown } from './commands.ts'
import { help, overview } from './help.ts'

const [name = 'help', ...args] = process.argv.slice(2)
const asked = name === 'help' || name === '--help' || name === '-h' ? args[0] : name
const command = commands.find((candidate) => candidate.name === name)

if (asked === undefined) {
  process.stdout.write(overview())
} else if (help(asked) === undefined) {
  const names = [...commands.map((candidate) => candidate.name), 'help']
  process.stderr.write(`${await unknown('', asked, names)}\n`)
  process.exitCode = 2
} else if (command === undefined || args.includes('--help') || args.includes('-h')) {
  process.stdout.write(help(asked) ?? '')
} else {
  process.exitCode = await command.run(args)
}
