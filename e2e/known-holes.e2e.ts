import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { AgentView } from '@rondo/protocol'
import { type AgentProcess, rondo, type Stack, startAgentProcess, startStack } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const sound = { engine: '28.5.1', containerd: 'v1.7.28', runc: '1.3.3' }
/** Versions that an engine says it has, and the hole that an administrator is to read of. */
const engines: Readonly<Record<string, { readonly versions: typeof sound; readonly hole: string | undefined }>> = {
  sound: { versions: sound, hole: undefined },
  'old-runc': { versions: { ...sound, runc: '1.1.5+ds1' }, hole: 'CVE-2024-21626' },
  'newer-runc': { versions: { ...sound, runc: '1.2.7' }, hole: 'CVE-2025-31133' },
  'old-containerd': { versions: { ...sound, containerd: '1.5.9' }, hole: 'CVE-2022-23648' },
  'old-engine': { versions: { ...sound, engine: '26.1.4' }, hole: 'CVE-2024-41110' },
}

describe('an agent whose container engine has a known hole', () => {
  const folder = mkdtempSync(join(tmpdir(), 'known-holes-'))
  const servers: Server[] = []
  const agents: AgentProcess[] = []
  let stack: Stack

  beforeAll(async () => {
    stack = await startStack({ executor: 'sandbox', env: { RONDO_AGENT: 'none' } })
  })

  afterAll(async () => {
    await Promise.all(agents.map((agent) => agent.remove()))
    for (const server of servers) server.close()
    await stack?.stop()
    rmSync(folder, { recursive: true, force: true })
  })

  /** Answers what an agent asks an engine about itself before it runs anything. */
  async function engineWith(name: string, { engine, containerd, runc }: typeof sound): Promise<string> {
    const socket = join(folder, `${name}.sock`)
    const components = Object.entries({ Engine: engine, containerd, runc })
    const answers: Readonly<Record<string, object>> = {
      info: { NCPU: 2, MemTotal: 8 * 1024 ** 3, Architecture: 'x86_64', DockerRootDir: folder },
      version: { Version: engine, Components: components.map(([Name, Version]) => ({ Name, Version })) },
    }
    const server = createServer((request, response) => {
      const asked = request.url?.split('?')[0]?.split('/').at(-1) ?? ''
      response.setHeader('content-type', 'application/json').end(JSON.stringify(answers[asked] ?? []))
    })
    await new Promise<void>((listening) => server.listen(socket, listening))
    servers.push(server)
    return `unix://${socket}`
  }

  const cli = async (...args: readonly string[]) =>
    (await rondo(args, { cwd: stack.data, env: { RONDO_URL: stack.url, RONDO_TOKEN: stack.admin.token } })).out

  test('is shown to administrators with the hole and its cure, each of them, and a sound one without [S-19]', async () => {
    for (const [name, { versions }] of Object.entries(engines)) {
      const token = (await cli('agent', 'token', 'create', name)).trim()
      const env = { DOCKER_HOST: await engineWith(name, versions) }
      agents.push(startAgentProcess({ port: stack.agentPort, token, executor: 'docker', env }))
    }

    const views = await stack.waitFor('all agents to say how they stand', async () => {
      const { agents } = await stack.api<{ agents: readonly AgentView[] }>('GET', '/api/private/agents')
      const said = agents.filter(({ maxTasks }) => maxTasks !== null)
      return said.length === Object.keys(engines).length ? said : undefined
    })

    for (const { name, faults } of views) {
      const { hole } = engines[name]!
      expect([name, faults.length]).toEqual([name, hole === undefined ? 0 : 1 + Number(name === 'old-runc')])
      if (hole !== undefined) expect(faults[0]).toMatch(new RegExp(`${hole}.*Update it to \\d`))
    }
    const listed = await cli('agent', 'list')
    for (const { hole } of Object.values(engines)) if (hole !== undefined) expect(listed).toContain(hole)
    expect(listed.split('\n').filter((line) => line.startsWith('  warning: '))).toHaveLength(5)
  })
})
