import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AgentView } from '@rondo/protocol'
import { type AgentProcess, rondo, type Stack, sandboxWorks, startAgentProcess, startStack } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ready = sandboxWorks()

test.runIf(!ready)('agents over TLS are left out: the host sandbox does not work here', () => {
  expect(ready).toBe(false)
})

describe.runIf(ready)('an agents’ port with a certificate', () => {
  const folder = mkdtempSync(join(tmpdir(), 'agents-tls-'))
  const [cert, key] = [join(folder, 'cert.pem'), join(folder, 'key.pem')]
  const agents: AgentProcess[] = []
  let stack: Stack

  beforeAll(async () => {
    const pair = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', key, '-out', cert]
    execFileSync('openssl', ['req', '-x509', '-days', '2', ...pair, '-subj', '/CN=ci.example.com'], { stdio: 'ignore' })
    stack = await startStack({
      executor: 'sandbox',
      env: { RONDO_AGENT_TLS_CERT: cert, RONDO_AGENT_TLS_KEY: key, RONDO_AGENT_TASKS: '1' },
    })
    await stack.createProject('acme', 'web')
  })

  afterAll(async () => {
    await Promise.all(agents.map((agent) => agent.remove()))
    await stack?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  async function start(name: string, env: Readonly<Record<string, string>>): Promise<AgentProcess> {
    const cli = { RONDO_URL: stack.url, RONDO_TOKEN: stack.admin.token }
    const made = await rondo(['agent', 'token', 'create', name], { cwd: stack.data, env: cli })
    const agent = startAgentProcess({ port: stack.agentPort, token: made.out.trim(), executor: 'sandbox', env })
    agents.push(agent)
    return agent
  }

  test('serves the agent of its own machine and those that know the certificate; nobody is heard in plain, or tells a token to a server it does not know [S-56]', async () => {
    const address = `https://127.0.0.1:${stack.agentPort}`
    const knows = await start('knows', { RONDO_SERVER_URL: address, RONDO_SERVER_CA: cert })
    const unsure = await start('unsure', { RONDO_SERVER_URL: address })
    const plain = await start('plain', {})
    const views = async () => (await stack.api<{ agents: AgentView[] }>('GET', '/api/private/agents')).agents
    await stack.waitFor('the agents that know it', async () =>
      (await views()).filter(({ maxTasks }) => maxTasks !== null).length === 2 ? true : undefined,
    )
    const step = '{run: {name: it, command: "echo fine; sleep 1"}}'
    stack.push('acme/web', {
      '.circleci/config.yml': `version: 2.1\njobs: {it: {docker: [{image: cimg/base:current}], parallelism: 6, steps: [${step}, {store_artifacts: {path: /etc/hostname}}]}}\nworkflows: {main: {jobs: [it]}}\n`,
    })
    await stack.waitForWorkflow((await stack.latestPipeline('acme/web')).id, 'main', ['success'], 120_000)

    for (const agent of [unsure, plain])
      await stack.waitFor('its reason', async () => agent.log().includes('waits for the server') || undefined)
    expect(unsure.log()).toMatch(/waits for the server.*self.signed certificate/)
    expect((await views()).map(({ name }) => name).sort()).toEqual(['knows', 'local'])
    expect(knows.log()).toMatch(/"status":"[1-9] of \d+ tasks/)
    expect(plain.log()).not.toContain('"message":"ready"')
  })
})
