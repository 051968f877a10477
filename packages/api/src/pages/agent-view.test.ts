import type { Agent, RunningTask } from '@rondo/model'
import { expect, test } from 'vitest'
import { agentView } from './agent-view.ts'

const minute = 60_000

function agent(more: Partial<Agent>, condition: Partial<NonNullable<Agent['condition']>> = {}): Agent {
  return {
    id: 'a',
    name: 'big',
    hostname: 'host',
    executors: ['docker'],
    cpus: 4,
    memoryMb: 8192,
    silentMs: 0,
    drainingSince: null,
    condition: {
      tasks: 0,
      maxTasks: 8,
      waitingForSsh: 0,
      cpus: { used: 0, all: 4 },
      memoryMb: { used: 0, all: 8192 },
      draining: false,
      refusal: null,
      ...condition,
    },
    rivalHost: null,
    rivalAt: null,
    revokedAt: null,
    ...more,
  }
}

test.each([
  [50_000, '50 s'],
  [119_000, '119 s'],
  [19 * minute, '19 min'],
  [119 * minute, '119 min'],
  [300 * minute, '5 h'],
  [4 * 24 * 60 * minute, '4 days'],
])('silence of %d ms reads as %s', (silentMs, text) => {
  expect(agentView(agent({ silentMs }), []).status).toBe(`0 of 8 tasks, not heard of for ${text}`)
})

test('an agent that ended as it was asked to is not said to be about to', () => {
  const refusal = 'It was asked at its machine to end when its tasks have.'

  expect(agentView(agent({ silentMs: 3 * minute }, { draining: true, refusal }), []).status).toBe(
    '0 of 8 tasks, not heard of for 3 min, it was asked at its machine to end',
  )
  expect(agentView(agent({}, { draining: true, refusal, tasks: 1 }), []).status).toBe(
    `1 of 8 tasks, takes nothing new: ${refusal}`,
  )
})

test('since when an agent drains has its day when that is not today', () => {
  const today = new Date()
  today.setUTCHours(0, 7, 0, 0)

  expect(agentView(agent({ drainingSince: today }), []).status).toMatch(/draining since 00:07 UTC$/)
  expect(agentView(agent({ drainingSince: new Date('2026-01-02T11:20:00Z') }), []).status).toMatch(
    /draining since 2026-01-02 11:20 UTC$/,
  )
})

test('how many environments of failed jobs an agent keeps is said, and that it ends them when it drains', () => {
  const kept = (agentId: string, held: boolean): RunningTask => ({
    agentId,
    jobId: 'j',
    jobName: 'build',
    organizationName: 'acme',
    projectName: 'web',
    vcsType: 'github',
    slice: 0,
    since: new Date(),
    held,
  })
  const running = [kept('a', true), kept('a', true), kept('a', false), kept('b', true)]

  expect(agentView(agent({}, { tasks: 3 }), running).status).toBe('1 of 8 tasks, 2 kept for owners')
  expect(agentView(agent({ drainingSince: new Date() }, { tasks: 3 }), running).status).toMatch(
    /^1 of 8 tasks, ends 2 kept for owners, draining since /,
  )
})
