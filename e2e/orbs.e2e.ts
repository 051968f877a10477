import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { dockerAnswers, imagePresent, rondo, type Stack, startStack } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

// Orbs of others stand beside the repository, as test data.
const orb = join(import.meta.dirname, '../../shared/reference/config/orbs/circleci/node@5.3.0.yml')
const ready = existsSync(orb) && dockerAnswers() && imagePresent('cimg/node:current')

test.runIf(!ready)('published orbs are left out: the orb, a Docker engine or its image is not here', () => {
  expect(ready).toBe(false)
})

describe.runIf(ready)('an orb that others published', () => {
  let stack: Stack
  let folder: string

  beforeAll(async () => {
    stack = await startStack()
    folder = mkdtempSync(join(tmpdir(), 'rondo-orbs-'))
    mkdirSync(join(folder, 'orbs/circleci'), { recursive: true })
    cpSync(orb, join(folder, 'orbs/circleci/node@5.3.0.yml'))
  })

  afterAll(async () => {
    await stack?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  const command = (...args: string[]) =>
    rondo(args, { cwd: folder, env: { RONDO_URL: stack.url, RONDO_TOKEN: stack.admin.token } })
  const project = {
    '.circleci/config.yml': `version: 2.1
orbs: { node: circleci/node@5 }
workflows:
  main:
    jobs:
      - node/test:
          name: test
          version: current
          resource_class: small
          setup: [run: sudo install -m 755 npm-stand-in.sh /usr/local/bin/npm]
`,
    // The images that tests use have Node.js without npm; of npm the orb needs these two commands.
    'npm-stand-in.sh': `#!/bin/sh
case $1 in
  ci) mkdir -p ~/.npm && echo installed > ~/.npm/done ;;
  run) sh -c "$(node -p "require('./package.json').scripts['$2']")" ;;
esac
`,
    'package.json': JSON.stringify({
      name: 'app',
      version: '1.0.0',
      scripts: { test: 'echo tested with $(node -p 1+1)' },
    }),
    'package-lock.json': JSON.stringify({
      name: 'app',
      version: '1.0.0',
      lockfileVersion: 3,
      requires: true,
      packages: { '': { name: 'app', version: '1.0.0' } },
    }),
  }

  test('is imported, runs for real, and goes on in a rerun when a newer one is there [I-028 L-105 L-461]', async () => {
    await stack.createProject('acme', 'app')
    stack.push('acme/app', project)
    const missing = await stack.latestPipeline('acme/app')

    expect(missing.state).toBe('errored')
    expect(missing.errors[0]?.message).toContain('Cannot find circleci/node@5 in the orb registry')

    expect(await command('orb', 'import', 'orbs')).toMatchObject({ code: 0, out: 'circleci/node@5.3.0 is imported.\n' })
    stack.push('acme/app', project, 'again')
    const pipeline = await stack.latestPipeline('acme/app')
    const workflow = await stack.waitForWorkflow(pipeline.id, 'main', ['success', 'failed', 'canceled'], 180_000)

    expect(await outcome(workflow)).toEqual({ status: 'success', said: true })
    const config = await stack.api<{ compiled: string }>('GET', `/api/v2/pipeline/${pipeline.id}/config`)
    expect(config.compiled).toContain("# Orb 'circleci/node@5' resolved to 'circleci/node@5.3.0'")

    writeFileSync(join(folder, 'newer.yml'), newer)
    expect((await command('orb', 'import', 'newer.yml', '--as', 'circleci/node@5.99.0')).code).toBe(0)
    const { workflow_id: again } = await stack.api<{ workflow_id: string }>(
      'POST',
      `/api/v2/workflow/${workflow}/rerun`,
    )
    await stack.waitFor(
      'the rerun to end',
      async () => {
        const { status } = await stack.api<{ status: string }>('GET', `/api/v2/workflow/${again}`)
        return ['success', 'failed'].includes(status) ? status : undefined
      },
      180_000,
    )

    expect(await outcome(again)).toEqual({ status: 'success', said: true })
    stack.push('acme/app', project, 'with the newer one')
    const later = await stack.latestPipeline('acme/app')
    const compiled = await stack.api<{ compiled: string }>('GET', `/api/v2/pipeline/${later.id}/config`)
    expect(compiled.compiled).toContain("resolved to 'circleci/node@5.99.0'")
  })

  /** How the workflow ended, and whether its test said what it says. */
  async function outcome(workflow: string) {
    const { status } = await stack.api<{ status: string }>('GET', `/api/v2/workflow/${workflow}`)
    const [job] = await stack.jobs(workflow)
    const steps = await stack.steps(job!.id)
    const outputs = await Promise.all(steps.map(async ({ id }) => (await stack.output(id)).toString('utf8')))
    const said = outputs.some((text) => text.includes('tested with 2'))
    return said ? { status, said } : { status, said, steps: steps.map(({ name, result }) => [name, result]), outputs }
  }
})

const newer = `version: 2.1
jobs:
  test:
    docker: [{ image: cimg/node:current }]
    parameters:
      version: { type: string }
      resource_class: { type: string }
      setup: { type: steps }
    steps: [run: exit 1]
`
