import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { type CircleciCommand, circleciCommand } from '../testing/circleci-command.ts'

let command: CircleciCommand
const run: CircleciCommand['run'] = (...args) => command.run(...args)

beforeEach(() => {
  command = circleciCommand()
})

afterEach(() => command.remove())

const suites = `# two suites
---
name: "ci tests"   # the usual
discover: |
  # one a line
  printf '%s\\n' a "b c" d
run: JUNIT="<< outputs.junit >>" sh -c 'echo "ran $*"; echo xml >"$JUNIT"' sh << test.atoms >>
outputs:
  lcov: unused
  junit: 'reports/it''s/junit.xml'
options:
  max-auto-rerun: 3
  full-test-run-paths:
    - go.mod
---
name: by input
discover: >-
  echo
  one two
run:
  sed 's/^/got /';
  exit 5
---
name: none
discover: "true"
run: echo never
---
name: broken
discover: exit 4
run: echo never
`

describe('run testsuite', () => {
  const home = process.cwd()
  const node = (index: number, total: number) => ({
    CIRCLE_NODE_INDEX: String(index),
    CIRCLE_NODE_TOTAL: String(total),
  })

  beforeEach(() => {
    mkdirSync(join(command.io, 'work/.circleci'), { recursive: true })
    writeFileSync(join(command.io, 'work/.circleci/test-suites.yml'), suites)
    process.chdir(join(command.io, 'work'))
  })

  afterEach(() => process.chdir(home))

  test.each([
    ['run', 'testsuite', 'ci tests'],
    ['testsuite', 'run', 'ci tests', '--test-selection=all'],
  ])('a suite is discovered and run, and writes its results where it says (%s %s %s)', (...words) => {
    const ran = run(words, '')

    expect(ran).toMatchObject({ status: 0, stdout: 'ran a b c d\n' })
    expect(ran.stderr).toContain('max-auto-rerun full-test-run-paths')
    expect(existsSync("reports/it's/junit.xml")).toBe(true)
  })

  test('the tests of a suite are shared out over the nodes by their times, a command without their place gets them as input', () => {
    command.timings('filename', '1.000\ta\n60.000\td\n1.000\tb c\n')

    expect(run(['run', 'testsuite', 'ci tests'], '', node(0, 2)).stdout).toBe('ran d\n')
    expect(run(['run', 'testsuite', 'ci tests'], '', node(1, 2)).stdout).toBe('ran a b c\n')
    expect(run(['run', 'testsuite', 'by input'], '')).toMatchObject({ status: 5, stdout: 'got one\ngot two\n' })
  })

  test('a suite without tests runs nothing, one that cannot be had or discovered fails by name', () => {
    expect(run(['run', 'testsuite', 'none'], '')).toMatchObject({
      status: 0,
      stdout: expect.stringContaining('no tests'),
    })
    expect(run(['run', 'testsuite', 'broken'], '')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('exit 4'),
    })
    expect(run(['run', 'testsuite', 'other'], '')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('"other"'),
    })
    expect(run(['run', 'testsuite'], '')).toMatchObject({ status: 2, stderr: expect.stringContaining('the name of') })
    process.chdir(command.io)
    expect(run(['run', 'testsuite', 'none'], '').stderr).toContain(`not in ${command.io}`)
  })
})
