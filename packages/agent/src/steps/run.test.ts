import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunStep, Step } from '@rondo/model'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { runTask } from '../testing/run-task.ts'
import { origin, runStep, taskSpec } from '../testing/task-spec.ts'

let home: string

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'run-'))
})

afterEach(() => rmSync(home, { recursive: true, force: true }))

/** Runs one step; answers how it ended and what it printed. */
async function ran(command: string, more: Partial<RunStep> = {}) {
  const { server } = await runTask(home, taskSpec([runStep(command, more)]))
  const end = server.entries.find((entry) => entry.type === 'step-finished' && entry.step === 2)
  return { ...(end as { result: string; exitCode: number | null }), said: server.output(2) }
}

test.each([
  ['exit 3', 3],
  ['exit 255', 255],
  ['false | cat', 1],
  ['no-such-program', 127],
  ['kill -INT $$; echo went on', 130],
  ['kill -KILL $$', 137],
  ['kill -SEGV $$', 139],
  ['kill -TERM $$', 143],
  ["sh -c 'kill -KILL $$'; echo went on", 137],
])('a step of %j fails with the code %i, and says it [I-006 I-007]', async (command, exitCode) => {
  const end = await ran(command)

  expect(end).toMatchObject({ result: 'failed', exitCode })
  expect(end.said).toMatch(new RegExp(`\\nExited with code exit status ${exitCode}\\n$`))
  expect(end.said).not.toContain('went on')
})

test('signals reach a step and what it starts as they would in a terminal [I-006]', async () => {
  const { result, said } = await ran(`trap 'echo caught' INT
kill -INT $$
sh -c 'kill -INT $$' || echo "ended with $?"
{ sh -c 'kill -QUIT $$' || echo "ended with $?"; } 2>/dev/null
timeout -s INT 0.1 sleep 60 || echo "stopped with $?"`)

  expect({ result, said }).toEqual({
    result: 'passed',
    said: 'caught\nended with 130\nended with 131\nstopped with 124\n',
  })
})

test.each([
  [undefined, 'project'],
  ['.', 'project'],
  ['below', 'project/below'],
  ['~', ''],
  ['~/at home', 'at home'],
])('the working directory %j is read from the job’s and from home [I-006]', async (workingDirectory, place) => {
  for (const made of ['project/below', 'at home']) mkdirSync(join(home, made), { recursive: true })

  const { said } = await ran('pwd', workingDirectory === undefined ? {} : { workingDirectory })

  expect(said).toBe(`${join(home, place)}\n`)
})

test('a job whose working directory cannot be made says so, and what to change', async () => {
  const spec = taskSpec([runStep('echo never')], { environment: [{ name: 'HOME', value: '/proc/' }] })

  const { server, ends } = await runTask(home, spec)

  expect(ends).toEqual(['0 passed', '1 passed', '2 failed', 'failed'])
  expect(server.output(2)).toMatch(
    /The working directory \/proc\/project cannot be made\. Give working_directory a folder that the user \S+ may make\.\n/,
  )
})

test('a working directory that is not there fails the step in words; a variable in it is no variable', async () => {
  expect((await ran('pwd', { workingDirectory: 'no/where' })).said).toMatch(
    /^The step's working_directory no\/where is not there/,
  )
  expect((await ran('pwd', { workingDirectory: '$HOME' })).said).toContain('as they are written')
})

test('without a name a step is called by its kind, a command by its first line, also where a parameter left the name empty [I-047]', async () => {
  const steps: readonly (readonly [Step, string])[] = [
    [runStep('\n  echo one\necho two'), 'echo one'],
    [runStep('echo three', { name: '' }), 'echo three'],
    [runStep('true', { name: 'said' }), 'said'],
    [{ type: 'save_cache', key: 'k', paths: ['x'], when: 'on_success', origin }, 'Saving Cache'],
    [{ type: 'restore_cache', keys: ['k'], origin }, 'Restoring Cache'],
    [{ type: 'attach_workspace', at: '.', origin }, 'Attaching workspace'],
    [{ type: 'add_ssh_keys', fingerprints: [], origin }, 'Installing additional ssh keys'],
    [{ type: 'store_artifacts', path: 'x', origin }, 'Uploading artifacts'],
    [{ type: 'store_test_results', path: 'x', name: ' ', origin }, 'Uploading test results'],
    [{ type: 'persist_to_workspace', root: '.', paths: ['*'], origin }, 'Persisting to Workspace'],
  ]

  const { server } = await runTask(home, taskSpec(steps.map(([step]) => step)))

  const names = server.entries.flatMap((entry) => (entry.type === 'step-started' ? [entry.name] : []))
  expect(names).toEqual(['Spin up environment', 'Preparing environment variables', ...steps.map(([, name]) => name)])
})

test('a step that halts the job goes on to its end, and nothing comes after it, not even what always runs [I-009]', async () => {
  const steps = [
    runStep('circleci-agent step halt; echo to the end'),
    runStep('exit 1'),
    runStep('exit 1', { when: 'always' }),
  ]

  const { server, ends } = await runTask(home, taskSpec(steps))

  expect(ends.slice(-2)).toEqual(['2 passed', 'passed'])
  expect(server.output(2)).toBe('to the end\n')
})

test('a job that fails already fails when it is halted [I-009]', async () => {
  const steps = [
    runStep('exit 1'),
    runStep('circleci step halt', { when: 'on_fail' }),
    runStep('echo never', { when: 'always' }),
  ]

  expect((await runTask(home, taskSpec(steps))).ends.slice(-3)).toEqual(['2 failed', '3 passed', 'failed'])
})

test.each(['always', 'on_fail'] as const)(
  'a step with `when: %s` runs after one that was silent for too long [I-008]',
  async (when) => {
    const steps = [
      runStep('echo begun; sleep 60', { noOutputTimeoutMs: 300 }),
      runStep('echo skipped'),
      runStep('echo ran', { when }),
    ]

    const { server, ends } = await runTask(home, taskSpec(steps))

    expect(ends.slice(-3)).toEqual(['2 timed-out', '4 passed', 'timed-out'])
    expect(server.output(2)).toContain('Too long with no output (exceeded 0.3s)')
    expect(server.output(4)).toBe('ran\n')
  },
)

test('a step that this installation cannot carry out fails and says so; those that always run still do', async () => {
  const steps: readonly Step[] = [
    { type: 'setup_remote_docker', dockerLayerCaching: false, origin },
    runStep('echo never'),
    { type: 'unsupported', keyword: 'install_signing_bundle', origin },
    runStep('echo tidied', { when: 'always' }),
  ]

  const { server, ends } = await runTask(home, taskSpec(steps))

  expect(ends.slice(-3)).toEqual(['2 failed', '5 passed', 'failed'])
  expect(server.output(2)).toContain('The step setup_remote_docker is not available on this installation')
})
