import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { dockerAnswers, imagePresent, type Stack, startStack } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const image = 'cimg/base:2025.05-20.04'
const ready = dockerAnswers() && imagePresent(image)
const program = fileURLToPath(new URL('../packages/cli/src/main.ts', import.meta.url))

const config = `version: 2.1
parameters:
  who: {type: string, default: nobody}
executors:
  linux: {docker: [{image: '${image}'}]}
jobs:
  build:
    executor: linux
    steps:
      - checkout
      - restore_cache: {keys: [v1]}
      - run: 'echo "for << pipeline.parameters.who >>: $(cat uncommitted.txt), on $CIRCLE_BRANCH, cache $(cat cached/mark 2>/dev/null || echo none), secret $TOKEN"; echo "it is $CIRCLE_PROJECT_USERNAME/$CIRCLE_PROJECT_REPONAME, << pipeline.project.slug >>"'
      - run: mkdir -p cached && echo warm > cached/mark
      - save_cache: {key: v1, paths: [cached]}
      - persist_to_workspace: {root: ., paths: [uncommitted.txt]}
  check:
    executor: linux
    steps:
      - attach_workspace: {at: .}
      - run: 'echo "in $DEPLOY_TO:"; cat uncommitted.txt; exit 7'
  ship:
    executor: linux
    steps: [{run: echo shipped}]
  wait:
    executor: linux
    steps: [{run: 'echo waiting; sleep 300'}]
  release:
    executor: linux
    parallelism: 3
    steps:
      - run: echo built
      - deploy: {command: echo released by "$CIRCLE_NODE_INDEX"}
workflows:
  main:
    jobs:
      - build
      - check: {requires: [build], context: place}
      - hold: {type: approval, requires: [build]}
      - ship: {requires: [hold]}
  slow:
    when: {equal: [slow, << pipeline.parameters.who >>]}
    jobs: [wait]
  one-by-one:
    when: {equal: [alone, << pipeline.parameters.who >>]}
    jobs: [release]
`

test.runIf(!ready)('local runs are left out: a Docker engine or its images are not here', () => {
  expect(ready).toBe(false)
})

describe.runIf(ready)('rondo run', () => {
  let folder: string
  let data: string

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rondo-project-'))
    data = mkdtempSync('/tmp/rondo-run-data-')
    // PostgreSQL runs as another user when the tests run as root.
    mkdirSync(join(data, 'run'), { mode: 0o755 })
    spawn('chmod', ['755', data])
    for (const [name, text] of Object.entries({ '.circleci/config.yml': config, 'uncommitted.txt': 'fresh text' })) {
      mkdirSync(dirname(join(folder, name)), { recursive: true })
      writeFileSync(join(folder, name), text)
    }
  })
  afterAll(() => {
    for (const path of [folder, data]) rmSync(path, { recursive: true, force: true })
  })

  /** Runs the command to its end; `seen` may act on what it has printed so far. */
  function rondoRun(
    args: readonly string[],
    seen: (printed: string, interrupt: () => void) => void = () => {},
    variables: Record<string, string> = {},
  ): Promise<{ readonly code: number | null; readonly printed: string }> {
    const child = spawn(process.execPath, [program, 'run', ...args], {
      cwd: folder,
      env: { PATH: process.env.PATH, RONDO_RUN_DATA: join(data, 'run'), RONDO_EXECUTOR: 'docker', ...variables },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let printed = ''
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk) => {
        printed += chunk
        seen(printed, () => child.kill('SIGINT'))
      })
    return new Promise((resolve) => child.once('exit', (code) => resolve({ code, printed })))
  }

  test('a job alone, with a parameter, a variable and a file that was never committed', async () => {
    const { code, printed } = await rondoRun(['build', '-p', 'who=me', '-e', 'TOKEN=very-secret', '--branch', 'topic'])
    expect(printed).toContain('build │ for me: fresh text, on topic, cache none, secret ****')
    const name = folder.split('/').at(-1)
    expect(printed).toContain(`it is local/${name}, gh/local/${name}`)
    expect(printed).not.toContain('check')
    expect(code).toBe(0)
  })

  test('a whole workflow: cache of the run before, workspace, context, approval; a failed job fails the run', async () => {
    const place = join(folder, '..', `${folder.split('/').at(-1)}-place`)
    writeFileSync(place, 'DEPLOY_TO=the-stage\n')
    const { code, printed } = await rondoRun(['main', '--context', `place=${place}`, '--approve', 'hold'])
    rmSync(place)
    expect(printed).toContain('for nobody: fresh text, on main, cache warm, secret \n')
    expect(printed).toContain('check │ fresh text')
    expect(printed).toMatch(/check │ ✗ .* exit 7/)
    expect(printed).toContain('ship  │ shipped')
    expect(printed).toMatch(/✗ main {2}failed/)
    expect(printed).toMatch(/✗ check .*failed: .*exit 7$/m)
    expect(code).toBe(1)
  })

  test('deploy waits for slices that find a place one after the other', async () => {
    const { code, printed } = await rondoRun(['one-by-one', '-p', 'who=alone'], undefined, { RONDO_AGENT_TASKS: '1' })
    expect(printed.match(/released by \d/g)).toEqual(['released by 0'])
    expect(code).toBe(0)
  })

  test('what waits for an approval that nobody gives is said, with a code of its own', async () => {
    const { code, printed } = await rondoRun(['main/ship', '--needs', '--context', 'place'])
    expect(printed).toMatch(/‖ main {2}on hold/)
    expect(code).toBe(3)
  })

  test('orbs come from a folder, and stay for the next run', async () => {
    mkdirSync(join(data, 'orbs/acme'), { recursive: true })
    writeFileSync(
      join(data, 'orbs/acme/greeter@1.2.3.yml'),
      "version: 2.1\ncommands:\n  greet:\n    steps: [{run: 'echo hello from an orb'}]\n",
    )
    const orbed = join(folder, '.circleci/config.yml')
    writeFileSync(
      orbed,
      `version: 2.1\norbs: {greeter: acme/greeter@1}\njobs:\n  greet: {docker: [{image: '${image}'}], steps: [greeter/greet]}\nworkflows: {main: {jobs: [greet]}}\n`,
    )
    const without = await rondoRun([])
    const first = await rondoRun(['--orbs', join(data, 'orbs')])
    const second = await rondoRun([])
    writeFileSync(orbed, config)
    expect([without.code, first.code, second.code]).toEqual([2, 0, 0])
    expect(without.printed).toContain('rondo run --orbs FOLDER')
    expect(second.printed).toContain('greet │ hello from an orb')
  })

  test('an interrupt cancels the jobs and ends the server', async () => {
    let interrupted = false
    const { code, printed } = await rondoRun(['slow', '-p', 'who=slow'], (text, interrupt) => {
      if (interrupted || !text.includes('wait │ waiting')) return
      interrupted = true
      interrupt()
    })
    expect(printed).toMatch(/⊘ wait .* canceled/)
    expect(code).toBe(130)
  })

  test('jobs that nobody on this machine can run are named, and do not keep the run from ending', async () => {
    const mixed = join(folder, '.circleci/config.yml')
    writeFileSync(
      mixed,
      `version: 2.1\njobs:\n  vm: {machine: true, steps: [{run: echo never}]}\n  fine: {docker: [{image: '${image}'}], steps: [{run: echo fine}]}\nworkflows: {main: {jobs: [fine, vm, {fine: {name: later, requires: [vm]}}]}}\n`,
    )
    const { code, printed } = await rondoRun([])
    writeFileSync(mixed, config)
    expect(printed).toContain('vm    │ · No agent runs machine jobs (class medium)')
    expect(printed).toContain('Nothing on this machine can run vm, and nothing else is left: canceled.')
    expect(printed).toMatch(/✓ fine/)
    expect(printed).toMatch(/⊘ later .* canceled/)
    expect(code).toBe(1)
  })

  test('a mistake in the config is shown with its place', async () => {
    writeFileSync(join(folder, '.circleci/config.yml'), config.replace('- restore_cache', '- restore_cahce'))
    const { code, printed } = await rondoRun([])
    writeFileSync(join(folder, '.circleci/config.yml'), config)
    expect(printed).toContain('.circleci/config.yml:11:')
    expect(printed).toContain('restore_cahce')
    expect(code).toBe(2)
  })

  describe('elsewhere', () => {
    let stack: Stack
    beforeAll(async () => {
      stack = await startStack()
      await stack.createProject('acme', 'web')
    })
    afterAll(() => stack?.stop())

    test('runs the working tree on a server, as a pipeline that moved no branch', async () => {
      const { code, printed } = await rondoRun(['build', '--remote', stack.url, '--project', 'acme/web'], undefined, {
        RONDO_TOKEN: stack.admin.token,
      })
      expect(printed).toContain('build │ for nobody: fresh text, on main, cache none')
      expect(printed).toMatch(/^Pipeline 1: http/m)
      expect(code).toBe(0)
    })

    test('says what is missing when it has no token', async () => {
      const { code, printed } = await rondoRun(['--remote', stack.url])
      expect(printed).toBe('rondo run: Set RONDO_TOKEN to a personal API token of that server.\n')
      expect(code).toBe(2)
    })

    test('says what is missing when nothing tells the project', async () => {
      const { code, printed } = await rondoRun(['--remote', stack.url], undefined, { RONDO_TOKEN: stack.admin.token })
      expect(printed).toBe(
        'rondo run: Which project? This repository has no remote "origin". Give --project ORG/REPO.\n',
      )
      expect(code).toBe(2)
    })

    test('makes no project of a name that is only mistyped, and says how one is made', async () => {
      const { code, printed } = await rondoRun(['--remote', stack.url, '--project', 'acme/wbe'], undefined, {
        RONDO_TOKEN: stack.admin.token,
      })
      expect(printed).toBe(
        `rondo run: ${stack.url} knows no project acme/wbe, or none that is yours to see. Check the name: --project ORG/REPO. A new project is made by its first push: git push ${stack.url}/git/acme/wbe.git HEAD:main\n`,
      )
      expect(code).toBe(2)
      expect(
        await stack.status('GET', '/api/v2/project/gh/acme/wbe', { headers: { 'circle-token': stack.admin.token } }),
      ).toBe(404)
    })

    test('says when no server is there', async () => {
      const { code, printed } = await rondoRun(
        ['--remote', 'http://localhost:48999', '--project', 'acme/web'],
        undefined,
        {
          RONDO_TOKEN: stack.admin.token,
        },
      )
      expect(printed).toMatch(/^rondo run: The server http:\/\/localhost:48999 cannot be reached: .*ECONNREFUSED/)
      expect(code).toBe(2)
    })

    test('refuses a token that is not one', async () => {
      const { code, printed } = await rondoRun(['--remote', stack.url, '--project', 'acme/web'], undefined, {
        RONDO_TOKEN: 'wrong',
      })
      expect(printed).toMatch(/^rondo run: .*token.*\n$/i)
      expect(code).toBe(2)
    })
  })
})
