import { execFileSync, spawn } from 'node:child_process'
import { dockerAnswers, emptyImage, forgetImages, imagePresent, type Stack, startStack } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const image = 'cimg/base:2025.05-20.04'
const ready = dockerAnswers() && imagePresent(image)

test.runIf(!ready)('containers of jobs are left out: a Docker engine or its images are not here', () => {
  expect(ready).toBe(false)
})

describe.runIf(ready)('containers', () => {
  let stack: Stack

  beforeAll(async () => {
    stack = await startStack()
    await stack.createProject('acme', 'one')
  })

  afterAll(() => stack?.stop())

  /** What the engine itself tells of the containers of this installation from now on, as `create ID` or `destroy ID`. */
  function witness() {
    const filters = ['type=container', 'event=create', 'event=destroy', `label=rondo.agent=${stack.data}/agent`]
    const child = spawn('docker', [
      'events',
      ...filters.flatMap((filter) => ['--filter', filter]),
      '--format',
      '{{.Action}} {{.Actor.ID}}',
    ])
    let told = ''
    child.stdout.on('data', (chunk) => (told += chunk))
    return {
      ids: (action: 'create' | 'destroy') =>
        [...told.matchAll(new RegExp(`^${action} (\\w{12})`, 'gm'))].map(([, id]) => id!).sort(),
      [Symbol.dispose]: () => void child.kill(),
    }
  }

  const left = () =>
    execFileSync('docker', ['ps', '--all', '--quiet', '--filter', `label=rondo.agent=${stack.data}/agent`], {
      encoding: 'utf8',
    })

  test('each slice of each job runs its steps in a container of its own, which is gone afterwards [L-121] [L-127] [L-130]', async () => {
    using seen = witness()
    const job = (parallelism: number) =>
      `{docker: [{image: '${image}'}], resource_class: small, parallelism: ${parallelism}, steps: [{run: {name: where, command: hostname}}, {run: {name: still, command: hostname}}]}`
    stack.push('acme/one', {
      '.circleci/config.yml': `version: 2.1\njobs: {wide: ${job(3)}, after: ${job(1)}}\nworkflows: {main: {jobs: [wide, after: {requires: [wide]}]}}\n`,
    })
    const pipeline = await stack.latestPipeline('acme/one')
    const workflow = await stack.waitForWorkflow(pipeline.id, 'main', ['success', 'failed', 'error'], 180_000)

    const hosts = async (name: string) => {
      const jobs = await stack.jobs(workflow)
      const steps = (await Promise.all(jobs.map(({ id }) => stack.steps(id)))).flat()
      const printed = steps.filter((step) => step.name === name).map(({ id }) => stack.output(id))
      return (await Promise.all(printed)).map((bytes) => String(bytes).trim()).sort()
    }
    const [where, still] = [await hosts('where'), await hosts('still')]
    // A container is called by the beginning of its id.
    expect(new Set(where).size).toBe(4)
    expect(still).toEqual(where)
    await stack.waitFor('all containers to be gone', async () => (seen.ids('destroy').length === 4 ? true : undefined))
    expect(seen.ids('create')).toEqual(where)
    expect(seen.ids('destroy')).toEqual(where)
    expect(left()).toBe('')
  })

  test('a container in which no step can run, for its image has no shell, goes with its job', async () => {
    using seen = witness()
    const shellless = 'rondo-e2e/shellless:latest'
    emptyImage(shellless)
    stack.push('acme/one', {
      '.circleci/config.yml': `version: 2.1\njobs: {it: {docker: [{image: '${shellless}'}], resource_class: small, steps: [{run: 'true'}]}}\nworkflows: {main: {jobs: [it]}}\n`,
    })
    const pipeline = await stack.latestPipeline('acme/one')

    await stack.waitForWorkflow(pipeline.id, 'main', ['failed'], 180_000)

    await stack.waitFor('the container to be gone', async () => (seen.ids('destroy').length === 1 ? true : undefined))
    expect(left()).toBe('')
    forgetImages([shellless])
  })
})
