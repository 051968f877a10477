import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TaskSpec } from '@rondo/protocol'
import { expect, test } from 'vitest'
import { attemptBench } from '../testing/attempt-bench.ts'
import type { FakeServer } from '../testing/fake-server.ts'
import { awkwardSecret, secretWritings } from '../testing/secret-writings.ts'
import { origin, runStep, taskSpec } from '../testing/task-spec.ts'
import { useFolder } from '../testing/use-folder.ts'

const folder = useFolder('attempt-')

const bench = (spec: TaskSpec, server?: FakeServer) => attemptBench(folder.path, spec, server)

test('secrets are masked in test results as they are in output [S-05]', async () => {
  const report =
    '<testsuite><testcase name="logs in as hunter22x" classname="a"><failure message="got hunter22x"/></testcase></testsuite>'
  const { server, begin } = bench(
    taskSpec(
      [
        runStep(`mkdir r; printf '%s' '${report}' >r/x.xml; printf hunter; sleep 0.1; echo 22x`),
        { type: 'store_test_results', path: 'r', origin },
      ],
      { secrets: ['hunter22x'] },
    ),
  )

  await begin().ended

  const stored = server.entries.flatMap((entry) => (entry.type === 'tests-stored' ? entry.tests : []))
  expect(stored.map((found) => [found.name, found.message])).toEqual([['logs in as ****', 'got ****']])
  expect(server.output(2)).toBe('****\n')
})

test('no word that leaves the agent has a secret in it, however a tool wrote it: output, names and commands of steps, results of tests, the job’s end [S-05]', async () => {
  const secret = awkwardSecret('k3y')
  const written = Object.values(secretWritings).map((write) => write(secret))
  const junit = written.map(
    (leak) =>
      `<testcase name="${xml(leak)}" classname="${xml(leak)}" file="${xml(leak)}"><failure>${xml(leak)}</failure></testcase>`,
  )
  // Where the message is cut, most of the secret is before the cut.
  const long = `<testcase name="long"><failure>${'-'.repeat(31_990)}${xml(secret)}</failure></testcase>`
  writeFileSync(join(folder.path, 'report.xml'), `<testsuite>${junit.join('')}${long}</testsuite>`)
  const steps = written.map((leak) => runStep(`cat <<'END'\n${leak}\nEND`, { name: `to ${leak} now` }))
  const { server, begin } = bench(
    taskSpec(
      [
        ...steps,
        { type: 'store_test_results', path: `${folder.path}/report.xml`, origin },
        runStep('sleep 100', { name: `silent ${secret}`, noOutputTimeoutMs: 50 }),
      ],
      { secrets: [secret] },
    ),
  )

  await begin().ended

  const outputs = steps.map((_step, index) => server.output(index + 2))
  expect(outputs.filter((text) => !text.includes('****'))).toEqual([])
  const told = [...server.entries.flatMap(wordsOf), ...outputs]
  expect(told.filter((text) => written.some((leak) => text.includes(leak)) || text.includes('p@ss'))).toEqual([])
  expect(
    server.entries.filter((entry) => entry.type === 'step-started' && /^to .*\*{4}.* now$/.test(entry.name)),
  ).toHaveLength(steps.length)
  expect(server.entries.flatMap((entry) => (entry.type === 'tests-stored' ? entry.tests : []))).toHaveLength(
    written.length + 1,
  )
  expect(server.entries.at(-1)).toMatchObject({
    message: expect.stringContaining('The step "silent ****" printed nothing'),
  })
})

const xml = secretWritings['XML, in an attribute']!

/** All texts in it. */
function wordsOf(value: unknown): readonly string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(wordsOf) : []
}
