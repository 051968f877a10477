import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readRunOptions } from './options.ts'

test('names what to run and how', () => {
  const options = readRunOptions(['test', '--needs', '-p', 'depth=3', '-p', 'fast=true', '-p', 'v=1.0', '-v'], {})
  expect(options).toMatchObject({
    only: 'test',
    withRequired: true,
    parameters: { depth: 3, fast: true, v: '1.0' },
    verbose: true,
  })
})

test('variables come from the call, from files and from the own environment; the call wins', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'rondo-options-')), 'env')
  writeFileSync(file, 'A=file\nB="two words"\n')
  const { environment } = readRunOptions(['-e', 'A=call', '-e', 'HERE', '--env-file', file], { HERE: 'own' })
  expect(environment).toEqual({ A: 'call', B: 'two words', HERE: 'own' })
})

test('a context has the variables of a file, or none', () => {
  const file = join(mkdtempSync(join(tmpdir(), 'rondo-options-')), 'context')
  writeFileSync(file, 'TOKEN=t\n')
  const { contexts } = readRunOptions(['--context', `deploy=${file}`, '--context', 'empty'], {})
  expect([...contexts]).toEqual([
    ['deploy', { TOKEN: 't' }],
    ['empty', {}],
  ])
})

test.each([
  [['a', 'b'], 'One workflow or job can be named, not 2: a b.'],
  [['-e', 'NOT_HERE'], '--env NOT_HERE: there is no such variable here. Give --env NOT_HERE=value.'],
  [['--remote', 'localhost:8080'], '--remote localhost:8080: give an address such as https://rondo.example.com.'],
  [['--branch', ''], '--branch is empty. Give the name of a branch.'],
  [['--project', 'acme/web'], '--project acme/web: that is a project of a server. Give --remote URL as well.'],
  [['-p', 'name'], '--param name: write --param NAME=value.'],
  [['--env-file', 'nowhere'], 'There is no file nowhere. Give a file of lines NAME=value.'],
])('%j is refused in words', (args, message) => {
  expect(() => readRunOptions(args, {})).toThrow(message)
})

test('of an unknown option nothing is advised that is for programs', () => {
  expect(() => readRunOptions(['--brnach', 'x'], {})).toThrow(/^Unknown option '--brnach'\.?$/)
})
