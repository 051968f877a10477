import { createHash, randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { createMaskerFactory } from '@rondo/agent'
import { newSshKeyPair } from '@rondo/api'
import {
  type AgentProcess,
  dockerAnswers,
  imagePresent,
  rondo,
  type Stack,
  startAgentProcess,
  startStack,
  startTcpProxy,
  type TcpProxy,
} from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const image = 'cimg/base:2025.05-20.04'
const ready = dockerAnswers() && imagePresent(image)

test.runIf(!ready)('secrets on their way are left out: a Docker engine or its images are not here', () => {
  expect(ready).toBe(false)
})

describe.runIf(ready)('between an agent and the server, where every byte is recorded', () => {
  let stack: Stack
  let proxy: TcpProxy
  let token: string
  let agent: AgentProcess | undefined
  /** What each connection said each way. */
  const streams: Buffer[][] = []
  const canary = () => `canary${randomBytes(18).toString('hex')}`
  const secrets = { VARIABLE: canary(), IN_CONTEXT: canary(), REGISTRY_PASSWORD: canary() }
  const sshKey = newSshKeyPair('deploy')

  beforeAll(async () => {
    stack = await startStack({ ssh: true, env: { RONDO_AGENT: 'none' } })
    await stack.createProject('acme', 'vault')
    proxy = await startTcpProxy({
      targetPort: stack.agentPort,
      listener() {
        const stream: Buffer[] = []
        streams.push(stream)
        return (bytes) => void stream.push(Buffer.from(bytes))
      },
    })
    await storeSecrets()
    const env = { RONDO_URL: stack.url, RONDO_TOKEN: stack.admin.token }
    token = (await rondo(['agent', 'token', 'create', 'watched'], { cwd: stack.data, env })).out.trim()
  })

  afterAll(async () => {
    await agent?.remove()
    await proxy?.stop()
    await stack?.stop()
  })

  async function storeSecrets(): Promise<void> {
    const project = '/api/v2/project/gh/acme/vault'
    await stack.api('POST', `${project}/envvar`, { name: 'VARIABLE', value: secrets.VARIABLE })
    await stack.api('POST', `${project}/envvar`, { name: 'REGISTRY_PASSWORD', value: secrets.REGISTRY_PASSWORD })
    await stack.api('POST', '/api/v1.1/project/gh/acme/vault/ssh-key', { private_key: sshKey.privateKey })
    await stack.api('POST', `${project}/checkout-key`, { type: 'deploy-key' })
    const owner = { slug: 'gh/acme', type: 'organization' }
    const { id } = await stack.api<{ id: string }>('POST', '/api/v2/context', { name: 'prod', owner })
    const inContext = `/api/v2/context/${id}/environment-variable/IN_CONTEXT`
    await stack.api('PUT', inContext, { value: secrets.IN_CONTEXT })
  }

  function startAgent(): AgentProcess {
    const folder = agent?.folder
    return startAgentProcess({
      port: proxy.port,
      token,
      executor: 'docker',
      ...(folder === undefined ? {} : { folder }),
    })
  }

  const recorded = () => streams.map((stream) => Buffer.concat(stream))
  const times = (text: string) => recorded().filter((stream) => stream.includes(text)).length

  async function outputOf(name: string): Promise<string> {
    const { id, errors } = await stack.latestPipeline('acme/vault')
    expect(errors).toEqual([])
    const [workflow] = await stack.workflows(id)
    const [job] = await stack.jobs(workflow!.id)
    const step = (await stack.steps(job!.id)).find((found) => found.name === name)
    return step === undefined ? '' : String(await stack.output(step.id))
  }

  test('nothing that a job is given is to be read: not when it starts, asks for tokens, or is taken up by an agent that starts anew (rule D-19)', async () => {
    agent = startAgent()
    // A digest gives a value away to nobody, and says that the job has it.
    const digests =
      'for n in "$VARIABLE" "$IN_CONTEXT" "$REGISTRY_PASSWORD"; do printf %s "$n" | sha256sum; done; env; ls ~/.ssh'
    const tokens =
      'circleci run oidc get >/tmp/token; cut -c1-3 </tmp/token; printf %s "$CIRCLE_OIDC_TOKEN_V2" | cut -c1-3'
    const auth = '{username: robot, password: $REGISTRY_PASSWORD}'
    const loop = 'while sleep 0.2; do echo "goes on with $VARIABLE"; done'
    const cache = '{save_cache: {key: "kept-{{ .Environment.VARIABLE }}", paths: [/tmp/kept]}}'
    const steps = `checkout, add_ssh_keys: {fingerprints: ['${sshKey.md5}']}, run: {name: given, command: '${digests}'}, run: {name: tokens, command: '${tokens}'}, run: 'echo >/tmp/kept', ${cache}, run: {name: loop, command: '${loop}'}`
    stack.push('acme/vault', {
      '.circleci/config.yml': `version: 2.1\njobs: {it: {docker: [{image: '${image}', auth: ${auth}}], steps: [${steps}]}}\nworkflows: {main: {jobs: [it: {context: prod}]}}\n`,
    })
    await stack.waitFor('the job to go on', async () => (await outputOf('loop')).includes('goes on') || undefined)
    const attempts = readdirSync(join(agent.folder, 'work/tasks'))

    await agent.cutPower()
    agent = startAgent()
    await stack.waitFor('another agent to take it up', async () => times('/agent/v1/resume') > 0 || undefined)
    const before = (await outputOf('loop')).length
    await stack.waitFor('output after that', async () => (await outputOf('loop')).length > before || undefined)
    const [workflow] = await stack.workflows((await stack.latestPipeline('acme/vault')).id)
    await stack.api('POST', `/api/v2/workflow/${workflow!.id}/cancel`)
    await stack.waitFor('its end', async () => readdirSync(join(agent!.folder, 'work/tasks')).length === 0 || undefined)

    const given = await outputOf('given')
    for (const value of Object.values(secrets))
      expect(given).toContain(createHash('sha256').update(value).digest('hex'))
    expect(given).toContain(`id_rsa_${sshKey.md5.replaceAll(':', '')}`)
    expect(await outputOf('tokens')).toBe('eyJ\neyJ\n')
    expect(attempts).toHaveLength(1)
    for (const call of ['hello', 'claim', 'grant', 'resume', 'mint-token', 'append-output'])
      expect([call, times(`/agent/v1/${call}`) > 0]).toEqual([call, true])
    expect(found(recorded())).toEqual([])
    // What is looked for would be found.
    const readable = [
      `a ${Buffer.from(secrets.IN_CONTEXT).toString('base64')}`,
      'eyJhbGciOiJSUzI1NiJ9.eyJhdWQiOiJ4In0.c2ln',
    ]
    expect(found([...recorded(), Buffer.from(readable.join('\n'))])).toEqual(['a canary', 'a signed token'])
  })

  /** What of the secrets stands in what was recorded, in any writing that is masked in output. */
  function found(all: readonly Buffer[]): readonly string[] {
    const known = [...Object.values(secrets), sshKey.privateKey]
    const masked = all.some((stream) => !unmasked(known, stream))
    const texts = all.map((stream) => stream.toString('latin1'))
    return [
      ...(masked ? ['a canary'] : []),
      ...(texts.some((text) => /eyJ[\w-]{10,}\.eyJ[\w-]+\./.test(text)) ? ['a signed token'] : []),
      ...(texts.some((text) => text.includes('PRIVATE KEY')) ? ['a private key'] : []),
      ...(texts.some((text) => /rat_[0-9a-f-]{36}\./.test(text)) ? ['a password for the repository'] : []),
    ]
  }
})

function unmasked(secrets: readonly string[], stream: Buffer): boolean {
  const masker = createMaskerFactory(secrets)()
  return Buffer.concat([masker.push(Buffer.from(stream)), masker.end()]).equals(stream)
}
