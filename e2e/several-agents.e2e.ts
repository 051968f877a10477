import type { AgentTokenView, AgentView } from '@rondo/protocol'
import { type AgentProcess, rondo, type Stack, sandboxWorks, startAgentProcess, startStack } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { countingConfig, isCountOf } from './chaos/counted-jobs.ts'

const ready = sandboxWorks()
const project = 'acme/fleet'
const [jobs, lines] = [30, 40]

test.runIf(!ready)('several agents are left out: the host sandbox does not work here', () => {
  expect(ready).toBe(false)
})

describe.runIf(ready)('several agents', () => {
  let stack: Stack
  const running: AgentProcess[] = []

  beforeAll(async () => {
    stack = await startStack({
      executor: 'sandbox',
      env: { RONDO_AGENT: 'none', RONDO_LOST_AFTER: '1', RONDO_RETRY_AFTER_START: '2' },
    })
    await stack.createProject('acme', 'fleet')
  })

  afterAll(async () => {
    await Promise.all(running.map((agent) => agent.remove()))
    await stack?.stop()
  })

  const cli = async (...args: readonly string[]) => {
    const ended = await rondo(args, { cwd: stack.data, env: { RONDO_URL: stack.url, RONDO_TOKEN: stack.admin.token } })
    expect(ended).toMatchObject({ code: 0 })
    return ended.out
  }
  const agents = async () => (await stack.api<{ agents: AgentView[] }>('GET', '/api/private/agents')).agents
  const agent = async (name: string) => (await agents()).find((view) => view.name === name)
  const stands = (name: string, how: (view: AgentView) => boolean) =>
    stack.waitFor(`agent ${name} to stand so`, async () => {
      const view = await agent(name)
      return view !== undefined && how(view) ? view : undefined
    })

  function start(token: string, more: { readonly name?: string; readonly folder?: string } = {}): AgentProcess {
    const started = startAgentProcess({ port: stack.agentPort, token: token.trim(), executor: 'sandbox', ...more })
    running.push(started)
    return started
  }

  test('30 jobs are spread over three of them; one is drained, one loses its power, one is revoked, and every job ends well with every byte [R-10 R-34 S-13]', async () => {
    const [one, two] = [
      start(await cli('agent', 'token', 'create', 'one')),
      start(await cli('agent', 'token', 'create', 'two')),
    ]
    start(await cli('agent', 'token', 'create', 'fleet', '--join'), { name: 'three' })
    for (const name of ['one', 'two', 'three']) await stands(name, ({ state }) => state === 'ready')
    const all = Array.from({ length: jobs }, (_, index) => ({ name: `count-${index + 1}`, n: index + 1 }))
    stack.push(project, { '.circleci/config.yml': countingConfig(all, lines, 250) })
    const { id } = await stack.latestPipeline(project)
    for (const name of ['one', 'two', 'three']) await stands(name, (view) => view.running.length > 0)

    // Drained it ends what it runs; nothing new comes, though much waits.
    await cli('agent', 'drain', 'three')
    const before = (await agent('three'))!.running.map(({ jobId }) => jobId)
    const drained = await stands('three', (view) => view.state === 'drained' || hasNew(view, before))
    expect(hasNew(drained, before)).toBe(false)
    await cli('agent', 'resume', 'three')

    // One machine is gone, of another the token.
    await stands('one', (view) => view.running.length > 0)
    await one.cutPower()
    const doomed = (await stands('two', (view) => view.running.length > 0)).running.map(({ jobId }) => jobId)
    await cli('agent', 'token', 'revoke', 'two')
    expect(await two.ended).toBe(77)
    expect(two.log()).toMatch(/"reason":"The token of agent two was revoked by admin at /)
    const lost = await stands('one', ({ state }) => state === 'unreachable')
    expect(lost.status).toMatch(/not heard of for \d+ s/)

    const workflow = await stack.waitForWorkflow(id, 'main', ['success', 'failed', 'error', 'canceled'], 480_000)
    const ended = await stack.jobs(workflow)
    expect(ended.filter(({ status }) => status !== 'success')).toEqual([])
    for (const job of ended) {
      const steps = (await stack.steps(job.id)).filter(({ name, result }) => name === 'count' && result === 'passed')
      const n = all.find(({ name }) => name === job.name)!.n
      expect([job.name, isCountOf(n, lines, await stack.output(steps.at(-1)!.id))]).toEqual([job.name, true])
    }
    expect(ended.map(({ id }) => id)).toEqual(expect.arrayContaining(doomed))
    expect((await agents()).flatMap((view) => view.running)).toEqual([])
    // What was revoked and has nothing left is shown no more.
    expect((await agents()).map(({ name }) => name)).toEqual(['one', 'three'])
  }, 900_000)

  test('a second process with a token is told who is there, takes nothing, and is shown beside it; the folder, started again, is the same agent at once [R-42]', async () => {
    const token = await cli('agent', 'token', 'create', 'solo')
    const first = start(token)
    await stands('solo', ({ state }) => state === 'ready')

    const second = start(token)
    await stack.waitFor('the second to be told', async () =>
      second.log().includes('waits, because') ? true : undefined,
    )
    expect(second.log()).toMatch(/This agent is another process already: on \S+, since \d{4}-/)
    expect((await stands('solo', ({ status }) => status.includes('another process'))).state).toBe('ready')

    await first.cutPower()
    const again = start(token, { folder: first.folder })
    await stack.waitFor('the folder to be the agent again', async () =>
      again.log().includes('"message":"ready"') ? true : undefined,
    )
    expect(second.log()).not.toContain('"message":"ready"')
    await second.remove()
  })

  test('a machine that joined keeps its name and its right when it starts again', async () => {
    const token = await cli('agent', 'token', 'create', 'spare', '--join', '--days', '1')
    const first = start(token, { name: 'box' })
    await stands('box', ({ state }) => state === 'ready')
    await cli('agent', 'token', 'revoke', 'spare')
    await first.cutPower()

    const again = start(token, { folder: first.folder, name: 'box' })
    await stack.waitFor('it to be ready', async () => (again.log().includes('"message":"ready"') ? true : undefined))
    const late = start(token, { name: 'late' })

    expect(await late.ended).toBe(77)
    expect(late.log()).toContain('The joining token spare was revoked.')
    const { tokens } = await stack.api<{ tokens: AgentTokenView[] }>('GET', '/api/private/agent-tokens')
    expect(tokens.filter(({ joinedBy }) => joinedBy === 'spare')).toMatchObject([{ name: 'box' }])
    expect((await agents()).map(({ name }) => name)).not.toContain('late')
  })
})

function hasNew(view: AgentView, before: readonly string[]): boolean {
  return view.running.some(({ jobId }) => !before.includes(jobId))
}
