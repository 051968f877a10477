import { type ChildProcess, spawn } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { newSshKeyPair } from '@rondo/api'
import { findInMemory, type Stack, sandboxWorks, startStack } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const ready = sandboxWorks() && process.getuid?.() === 0
const program = fileURLToPath(new URL('../packages/server/src/main.ts', import.meta.url))

test.runIf(!ready)('a web process without keys is left out: it takes root, and the host sandbox', () => {
  expect(ready).toBe(false)
})

describe.runIf(ready)('a web process from which the folder of private keys is kept', () => {
  let stack: Stack
  let web: ChildProcess
  const secrets = { VARIABLE: canary(), IN_CONTEXT: canary() }
  const sshKey = newSshKeyPair('deploy')

  beforeAll(async () => {
    stack = await startStack({ executor: 'sandbox', split: [['agents', 'conductor', 'cron'], ['api']] })
    await stack.createProject('acme', 'vault')
    stack.signalServer('api', 'SIGTERM')
    await stack.waitFor('the first web process to end', async () => (stack.serverLives('api') ? undefined : true))
    web = await startClosedWeb()
  })

  afterAll(async () => {
    await end(web)
    await stack?.stop()
  })

  /** As a service manager closes a folder to a service: another file system lies over it. */
  async function startClosedWeb(): Promise<ChildProcess> {
    const closed = join(stack.data, 'keys/private')
    const cover = 'mount -t tmpfs -o size=4k,mode=0 none "$0" && exec "$@"'
    const child = spawn('unshare', ['--mount', 'sh', '-c', cover, closed, process.execPath, program], {
      env: {
        PATH: process.env.PATH,
        RONDO_DATA: stack.data,
        RONDO_PORT: new URL(stack.url).port,
        RONDO_AGENT_PORT: String(stack.agentPort),
        RONDO_PUBLIC_URL: stack.url,
        RONDO_ROLES: 'api',
        RONDO_INSTANCE: 'closed-web',
      },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    let printed = ''
    child.stdout!.on('data', (text) => (printed += text))
    await stack.waitFor('the web process to be ready', async () => printed.includes('Rondo is ready') || undefined)
    return child
  }

  test('takes secrets, which jobs get, and publishes the keys of their tokens [S-09]', async () => {
    expect(readdirSync(`/proc/${web.pid}/root${join(stack.data, 'keys/private')}`)).toEqual([])
    const project = '/api/v2/project/gh/acme/vault'
    await stack.api('POST', `${project}/envvar`, { name: 'VARIABLE', value: secrets.VARIABLE })
    await stack.api('POST', '/api/v1.1/project/gh/acme/vault/ssh-key', { private_key: sshKey.privateKey })
    const owner = { slug: 'gh/acme', type: 'organization' }
    const { id } = await stack.api<{ id: string }>('POST', '/api/v2/context', { name: 'prod', owner })
    const inContext = `/api/v2/context/${id}/environment-variable/IN_CONTEXT`
    await stack.api('PUT', inContext, { value: secrets.IN_CONTEXT })
    // The digest of a value gives it away to nobody, and says that the job has it.
    const command = 'for n in "$VARIABLE" "$IN_CONTEXT"; do printf %s "$n" | sha256sum; done; ls ~/.ssh'
    stack.push('acme/vault', {
      '.circleci/config.yml': `version: 2.1\njobs: {it: {docker: [{image: 'cimg/base:2025.05-20.04'}], steps: [add_ssh_keys: {fingerprints: ['${sshKey.md5}']}, run: {name: it, command: '${command}'}]}}\nworkflows: {main: {jobs: [it: {context: prod}]}}\n`,
    })

    const output = await outputOfLatest()

    for (const value of Object.values(secrets))
      expect(output).toContain(createHash('sha256').update(value).digest('hex'))
    expect(output).toContain(`id_rsa_${sshKey.md5.replaceAll(':', '')}`)
    const { keys } = await stack.api<{ keys: readonly object[] }>('GET', '/.well-known/jwks-pub.json')
    expect(keys.length).toBeGreaterThan(0)
  })

  test('that was not told the secrets itself has none of them in its memory, nor a key that opens or signs, while it serves all that is asked of it [S-09]', async () => {
    await end(web)
    web = await startClosedWeb()
    const { id } = await stack.latestPipeline('acme/vault')
    const [workflow] = await stack.workflows(id)
    await stack.api('POST', `/api/v2/workflow/${workflow!.id}/rerun`)
    await stack.waitFor('the rerun to pass', async () => {
      const passed = (await stack.workflows(id)).filter(({ status }) => status === 'success')
      return passed.length === 2 ? true : undefined
    })
    await outputOfLatest()
    await stack.api('GET', '/api/v2/project/gh/acme/vault/envvar')
    await stack.api('GET', '/api/v2/project/gh/acme/vault/checkout-key')

    const own = (name: string) => readFileSync(join(stack.data, 'keys/private', name), 'utf8')
    const ring = JSON.parse(own('key-ring.json')).keys[0].secret as string
    const signing = JSON.parse(own('signing-keys.json')).keys[0].privateKey as string
    const needles = new Map<string, Buffer>([
      ...Object.entries(secrets).map(([name, value]) => [name, Buffer.from(value)] as const),
      ['SSH key', Buffer.from(sshKey.privateKey.split('\n')[2]!)],
      ['key of the ring', Buffer.from(ring, 'base64')],
      ['key of the ring, as written', Buffer.from(ring)],
      ['signing key', Buffer.from(signing.split('\n')[5]!)],
      ['token of the local agent', Buffer.from(own('agent-token').trim())],
    ])
    const known = new Map([...needles, ['its own database', Buffer.from(databasePassword())]])

    expect(findInMemory(web.pid!, known)).toEqual(['its own database'])
    // Where they are in use the same search finds them.
    expect(findInMemory(agentsProcess(), needles)).toEqual(
      expect.arrayContaining(['key of the ring', 'token of the local agent']),
    )
  })

  async function outputOfLatest(): Promise<string> {
    const { id, errors } = await stack.latestPipeline('acme/vault')
    expect(errors).toEqual([])
    const [job] = await stack.jobs(await stack.waitForWorkflow(id, 'main', ['success'], 60_000))
    const steps = await stack.steps(job!.id)
    return String(await stack.output(steps.find(({ name }) => name === 'it')!.id))
  }

  function databasePassword(): string {
    return JSON.parse(readFileSync(join(stack.data, 'postgres.json'), 'utf8')).password
  }

  function agentsProcess(): number {
    const found = readdirSync('/proc').find((pid) => /^\d+$/.test(pid) && isAgentsProcess(pid))
    return Number(found)
  }

  function isAgentsProcess(pid: string): boolean {
    try {
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8')
      return (
        environment.includes(`RONDO_DATA=${stack.data}\0`) &&
        environment.includes('RONDO_ROLES=agents,') &&
        readlinkSync(`/proc/${pid}/exe`) === process.execPath
      )
    } catch {
      return false
    }
  }
})

function canary(): string {
  return `canary${randomBytes(18).toString('hex')}`
}

async function end(child: ChildProcess | undefined): Promise<void> {
  if (child === undefined || child.exitCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  await ended
}
