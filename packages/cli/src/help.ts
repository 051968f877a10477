import { commands } from './commands.ts'
import { describeVerbs } from './noun.ts'

/** Text of `rondo help`: what there is, and where to begin. */
export function overview(): string {
  const width = Math.max(...commands.map((command) => command.name.length))
  const lines = commands.map((command) => `  ${command.name.padEnd(width)}  ${command.summary}`)
  return `Rondo runs your .circleci/config.yml on your own machines.

usage: rondo COMMAND

${lines.join('\n')}
  ${'help'.padEnd(width)}  what a command does: rondo help COMMAND

Begin with \`rondo demo\`. Your own code: \`rondo run\` in its folder, or \`rondo up\` and a git push (README.md).
`
}

/** Text of `rondo help COMMAND`, or of one of its verbs; undefined when there is no such one. */
export function help(name: string, verb?: string): string | undefined {
  const command = commands.find((candidate) => candidate.name === name)
  if (verb === undefined) return command && `usage: ${command.usage}\n\n${command.summary}\n\n${command.details}\n`
  const found = command?.verbs?.find((candidate) => candidate.name === verb)
  return found && `usage: ${describeVerbs([found]).trimStart()}\n`
}
