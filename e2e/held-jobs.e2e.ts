import { spawnSync } from 'node:child_process'
import type { JobPageView } from '@rondo/protocol'
import { dockerAnswers, imagePresent, rondo, type Stack, startStack } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const image = 'cimg/base:2025.05-20.04'
const ready = dockerAnswers() && imagePresent(image)
const config = `version: 2.1
jobs:
  build:
    docker: [{image: '${image}'}]
    steps:
      - run: {name: Prepare, command: 'echo from the job >kept; echo "export FROM_STEP=yes" >>$BASH_ENV'}
      - run: {name: Compile, command: 'echo compiling; exit 3'}
      - run: {name: Test, command: 'echo testing $FIXED; cat fixed'}
      - run: {name: Report, when: on_fail, command: 'echo it failed'}
workflows: {main: {jobs: [build]}}
`

test.runIf(!ready)('held jobs are left out: a Docker engine or its images are not here', () => {
  expect(ready).toBe(false)
})

describe.runIf(ready)('a failed job', () => {
  let stack: Stack

  beforeAll(async () => {
    stack = await startStack()
    await stack.createProject('acme', 'web')
    await stack.api('POST', '/api/v2/project/gh/acme/web/envvar', { name: 'DEPLOY_KEY', value: 'hunter2-hunter2' })
  })

  afterAll(async () => {
    await stack?.stop()
  })

  const page = (id: string) => stack.api<JobPageView>('GET', `/api/private/jobs/${id}`)
  const order = (id: string, ...orders: object[]) =>
    stack.api('POST', `/api/private/jobs/${id}/hold`, { slice: 0, orders })
  const containers = () =>
    spawnSync('docker', ['ps', '-q', '--filter', `label=rondo.agent=${stack.data}/agent`], { encoding: 'utf8' })
      .stdout.split('\n')
      .filter(Boolean).length

  async function failedJob(): Promise<string> {
    stack.push('acme/web', { '.circleci/config.yml': config })
    const pipeline = await stack.latestPipeline('acme/web')
    const workflow = await stack.waitForWorkflow(pipeline.id, 'main', ['failed'])
    return (await stack.jobs(workflow))[0]!.id
  }

  async function step(id: string, name: string, phase = 'finished') {
    return stack.waitFor(`step ${name} to be ${phase}`, async () =>
      (await page(id)).slices[0]!.steps.findLast((one) => one.name === name && one.phase === phase),
    )
  }

  const outputOf = async (id: string, name: string) => String(await stack.output((await step(id, name)).id))

  test('leaves nothing behind unless its project asks for it', async () => {
    const id = await failedJob()

    await stack.waitFor('its container to go', async () => (containers() === 0 ? true : undefined))
    expect((await page(id)).slices[0]!.heldUntil).toBeNull()
    const refused = await stack.status('POST', `/api/private/jobs/${id}/hold`, {
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ slice: 0, orders: [{ type: 'continue' }] }),
    })
    expect(refused).toBe(401)
    await expect(order(id, { type: 'continue' })).rejects.toThrow('409')
  })

  test('stays for its owner, who runs the step again with another command, goes on from there, and opens a shell; secrets stay masked, a restart of the server and of the agent ends nothing, and its result stays', async () => {
    await stack.api('POST', '/api/private/holds?project=gh/acme/web', { hold: true })
    const id = await failedJob()
    const until = await stack.waitFor('it to be kept', async () => (await page(id)).slices[0]!.heldUntil ?? undefined)
    expect(Date.parse(until) - Date.now()).toBeGreaterThan(8 * 60_000)

    // The step again, with another command; then what comes after it.
    await order(id, { type: 'run', command: 'echo fixed it >fixed; cat kept; echo $DEPLOY_KEY' })
    expect(await outputOf(id, 'Again: Compile')).toBe(`from the job\n${'*'.repeat(4)}\n`)
    await order(id, { type: 'continue' })
    expect(await outputOf(id, 'Continued: Test')).toContain('fixed it')

    // A shell, over a restart of the server.
    await order(id, { type: 'open-shell', columns: 100, rows: 30 })
    const shell = await step(id, 'Shell', 'running')
    await stack.restart()
    // A shell ends with its agent; the next agent says so, and opens another.
    await stack.waitFor('the shell to have ended', async () =>
      (await page(id)).slices[0]!.steps.find((one) => one.id === shell.id && one.phase === 'finished'),
    )
    await order(id, { type: 'open-shell', columns: 100, rows: 30 })
    const second = await step(id, 'Shell', 'running')
    await order(id, { type: 'input', text: 'cat kept fixed; stty size; echo "$FROM_STEP-$DEPLOY_KEY"; exit\n' })
    await stack.waitFor('the shell to end', async () =>
      (await page(id)).slices[0]!.steps.find((one) => one.id === second.id && one.phase === 'finished'),
    )
    const printed = String(await stack.output(second.id))
    expect(printed).toContain('from the job')
    expect(printed).toContain('fixed it')
    expect(printed).toContain('30 100')
    expect(printed).toContain('yes-****')
    expect(printed).not.toContain('hunter2-hunter2')

    // The same in a terminal.
    const env = { RONDO_URL: stack.url, RONDO_TOKEN: stack.admin.token }
    const typed = await rondo(['shell', id], { cwd: stack.data, env, stdin: 'cat fixed; exit\n' })
    expect({ code: typed.code, err: typed.err }).toEqual({ code: 0, err: '' })
    expect(typed.out).toContain('fixed it')

    // Its result stays, its history tells, and it is given back.
    const job = await page(id)
    expect(job.job.status).toBe('failed')
    const released = await rondo(['shell', id, '--release'], { cwd: stack.data, env })
    expect(released).toEqual({ code: 0, out: '', err: '' })
    await stack.waitFor('its container to go', async () => (containers() === 0 ? true : undefined))
    expect((await page(id)).slices[0]!.heldUntil).toBeNull()
    const history = await stack.api<{ items: { what: string; who: string | null }[] }>(
      'GET',
      `/api/private/pipelines/${job.pipeline.id}/events`,
    )
    const told = history.items.filter((one) => /kept/.test(one.what)).map((one) => `${one.who}: ${one.what}`)
    expect(told[0]).toBe('null: slice 0 kept after its failure for 10 minutes')
    expect(told).toContain('admin: slice 0, kept after its failure: run')
    expect(told.at(-1)).toBe('null: slice 0 is kept no longer: it was given back')
  })

  test('is not kept by an agent that drains', async () => {
    const id = await failedJob()
    await stack.waitFor('it to be kept', async () => (await page(id)).slices[0]!.heldUntil ?? undefined)
    const env = { RONDO_URL: stack.url, RONDO_TOKEN: stack.admin.token }

    const drained = await rondo(['agent', 'drain', 'local'], { cwd: stack.data, env })
    expect(drained.out).toContain('1 environment of a failed job, kept for its owner, ends now: gh/acme/web build\n')
    await stack.waitFor('its container to go', async () => (containers() === 0 ? true : undefined))

    expect((await page(id)).slices[0]!.heldUntil).toBeNull()
    const shell = await rondo(['shell', id], { cwd: stack.data, env })
    expect(shell.err).toContain('is kept no longer: its agent local was drained at')
    await rondo(['agent', 'resume', 'local'], { cwd: stack.data, env })
  })
})
