import { join } from 'node:path'
import { expect, test } from 'vitest'
import { readAgentEnv } from './env.ts'

const least = { RONDO_SERVER_URL: 'http://ci:8585', RONDO_AGENT_TOKEN_FILE: 'keys/token', RONDO_AGENT_DATA: 'work' }

test('folders of an agent that are given from where it is started are the same for its engine', () => {
  const env = readAgentEnv(least)

  expect(env).toMatchObject({ dataFolder: join(process.cwd(), 'work'), tokenFile: join(process.cwd(), 'keys/token') })
})

test.each([
  ['RONDO_AGENT_TASKS', '0.5', 'use a whole number above 0'],
  ['RONDO_AGENT_TASKS', '0', 'use a whole number above 0'],
  ['RONDO_AGENT_MEMORY_MB', '1.5', 'use a whole number above 0'],
  ['RONDO_AGENT_CPUS', '-1', 'use a number above 0'],
  ['RONDO_AGENT_DISK_CLOSE', '5', 'use a number from 10 to 100'],
])('%s=%s is refused in words', (name, value, words) => {
  expect(() => readAgentEnv({ ...least, [name]: value })).toThrow(`${name} is "${value}"; ${words}.`)
})

test('part of a processor may be offered', () => {
  expect(readAgentEnv({ ...least, RONDO_AGENT_CPUS: '0.5' }).capacity).toEqual({ cpus: 0.5 })
})
