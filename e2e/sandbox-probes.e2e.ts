import { readFileSync } from 'node:fs'
import { plainUser, type Stack, sandboxWorks, startStack } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = process.getuid?.() === 0
/** As whom everything runs: an unprivileged user is tried by root too. */
const users = root ? [{ who: 'root' }, { who: 'a user without rights', user: plainUser() }] : [{ who: 'this user' }]
const ready = process.arch === 'x64' && users.every(({ user }) => sandboxWorks(user))

test.runIf(!ready)(
  'what a sandbox keeps jobs from is left out: the probes are for x64, and users who may make namespaces',
  () => {
    expect(ready).toBe(false)
  },
)

describe.runIf(ready).each(users)('a job in the host sandbox of $who', ({ user }) => {
  let stack: Stack

  beforeAll(async () => {
    stack = await startStack({ executor: 'sandbox', ...(user === undefined ? {} : { user }) })
    await stack.createProject('acme', 'box')
  })

  afterAll(async () => {
    await stack?.stop()
  })

  const closes = root && user === undefined

  async function spinUp() {
    const { id } = await stack.latestPipeline('acme/box')
    const [job] = await stack.jobs((await stack.workflows(id))[0]!.id)
    return String(await stack.output((await stack.steps(job!.id))[0]!.id))
  }

  async function outputOf(command: string, files: Readonly<Record<string, string>> = {}) {
    stack.push('acme/box', {
      '.circleci/config.yml': `version: 2.1\njobs: {it: {docker: [{image: 'cimg/base:2025.05-20.04'}], steps: [checkout, run: {name: it, command: '${command}'}]}}\nworkflows: {main: {jobs: [it]}}\n`,
      ...files,
    })
    const { id } = await stack.latestPipeline('acme/box')
    const [job] = await stack.jobs(await stack.waitForWorkflow(id, 'main', ['success', 'failed'], 90_000))
    const steps = await stack.steps(job!.id)
    return String(await stack.output(steps.find((step) => step.name === 'it')!.id))
  }

  test('gets no engine, device, mount, namespace, key or kernel of the machine, nor credentials of its cloud where that can be kept from it [S-17 S-18]', async () => {
    const output = await outputOf('/usr/bin/python3 probes.py where.json', {
      'probes.py': readFileSync(new URL('./scenarios/55-no-privilege/probes.py', import.meta.url), 'utf8'),
      'where.json': JSON.stringify({ sandbox: true, addresses: [] }),
    })

    const credentials = /^SUCCEEDED credentials at .*\n/gm
    expect(output.replace(credentials, '')).toMatch(/^7\d probes, \d succeeded\n$/)
    // The network is the machine's own; who is somebody else there can be kept from parts of it.
    if (closes) expect(output).not.toMatch(credentials)
    expect((await spinUp()).includes('could not be closed to this job: the agent is not root')).toBe(!closes)
  })
})
