import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { commands } from './commands.ts'
import { help, overview } from './help.ts'
import { unknownWord } from './unknown-word.ts'

function rondo(...args: string[]) {
  const ran = spawnSync(process.execPath, [join(import.meta.dirname, 'main.ts'), ...args], { encoding: 'utf8' })
  return { code: ran.status, out: ran.stdout, said: ran.stderr }
}

test('help lists every command with what it does', () => {
  for (const command of commands) expect(overview()).toMatch(new RegExp(`^  ${command.name} +${command.summary}$`, 'm'))
})

test.each(commands.map((command) => command.name))('%s has a help of its own', (name) => {
  expect(help(name)).toMatch(/^usage: (\.\/)?rondo \w+/)
  expect(help(name)!.split('\n').length).toBeGreaterThan(5)
})

test.each(commands.flatMap(({ name, verbs = [] }) => verbs.map((verb) => ({ name, verb }))))(
  '$name $verb.name has a help of its own',
  ({ name, verb }) => {
    expect(help(name, verb.name)).toMatch(/^usage: rondo /)
    expect(help(name, verb.name)!.replaceAll(/\s+/g, ' ')).toContain(verb.summary)
    // Flags and words; a usage that is longer says what it must.
    for (const line of help(name, verb.name)!.split('\n').slice(1)) expect(line.length).toBeLessThanOrEqual(80)
  },
)

test('help is shown without a word, and asked for in either way', () => {
  expect(rondo()).toEqual({ code: 0, out: overview(), said: '' })
  expect(rondo('help', 'up')).toEqual({ code: 0, out: help('up'), said: '' })
  expect(rondo('config', 'validate', '--help').out).toBe(help('config', 'validate'))
  expect(rondo('up', '--help')).toEqual({ code: 0, out: help('up'), said: '' })
}, 30_000)

test('a word that is no command is answered with the nearest one', () => {
  expect(rondo('upp')).toEqual({
    code: 2,
    out: '',
    said: 'There is no command "rondo upp". Did you mean \'up\'? `rondo help` tells more.\n',
  })
  expect(rondo('help', 'dmeo').said).toContain("Did you mean 'demo'?")
  expect(rondo('config', 'valdate').said).toContain("Did you mean 'validate'?")
  expect(unknownWord('', 'bogus', ['up'])).toBe('There is no command "rondo bogus". `rondo help` tells more.')
  expect(unknownWord('config', '', ['validate', 'process'])).toBe(
    '`rondo config` needs one of: validate, process. `rondo help config` tells more.',
  )
}, 30_000)

test('a refusal names the command as it was called', () => {
  expect(rondo('shell').said).toMatch(/^rondo shell: Name the job/)
})
