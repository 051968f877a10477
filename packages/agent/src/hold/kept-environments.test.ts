import { expect, test } from 'vitest'
import { attemptBench, until } from '../testing/attempt-bench.ts'
import { createFakeServer } from '../testing/fake-server.ts'
import { runStep, taskSpec } from '../testing/task-spec.ts'
import { useFolder } from '../testing/use-folder.ts'
import { noteKept } from './kept-environments.ts'

const folder = useFolder('kept-')

test('an attempt that is kept is noted, and one that a drain ends is told of in the log', async () => {
  const spec = taskSpec([runStep('exit 1')])
  const server = createFakeServer(spec)
  const [kept, said]: [Set<string>, string[]] = [new Set(), []]
  const controlPlane = noteKept(server.controlPlane, {
    keeps: (attemptId) => kept.add(attemptId),
    log: (message, fields) => said.push(`${message} ${fields?.attempt}`),
  })
  server.holdFor(60_000)
  const { ended } = attemptBench(folder.path, spec, { ...server, controlPlane }).begin()

  await until(() => kept.size > 0)
  server.order({ type: 'drain' })
  await ended

  expect([...kept]).toEqual([spec.attemptId])
  expect(said).toEqual([
    `the environment of a failed job, kept for its owner, ends: this agent is drained ${spec.attemptId}`,
  ])
})
