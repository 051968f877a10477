import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTaskFolder } from '../../shared-folder/task-folder.ts'
import { taskSpec } from '../../testing/task-spec.ts'
import { connectDocker } from './docker.ts'
import { readDockerSettings } from './settings.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podman-'))
})

afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

/**
 * What Podman 5 answers on its Docker-compatible socket, as its sources have it, where it differs from Docker: a part of its own name among the
 * versions, no address to ask a registry by, digests without the name
 * Docker Hub leaves out.
 */
const exchanges: readonly (readonly [RegExp, number, unknown])[] = [
  [/^GET \/info/, 200, { NCPU: 4, MemTotal: 8 * 1024 ** 3, Architecture: 'x86_64', Driver: 'overlay' }],
  [
    /^GET \/version/,
    200,
    {
      Version: '5.4.2',
      Components: [
        { Name: 'Podman Engine', Version: '5.4.2' },
        { Name: 'Conmon', Version: '2.1.12' },
      ],
    },
  ],
  [/^GET \/networks\/rondo-jobs/, 200, { Name: 'rondo-jobs', IPAM: { Config: [{ Subnet: '10.89.0.0/24' }] } }],
  [/^GET \/containers\/json/, 200, []],
  [/^GET \/images\/docker\.io\/library\/alpine:3\/distribution/, 404, { message: 'not found' }],
  [
    /^GET \/images\/alpine:3\/json/,
    200,
    {
      Id: 'sha256:1111',
      RepoDigests: [`docker.io/library/alpine@sha256:${'a'.repeat(64)}`],
      Architecture: 'amd64',
      Config: { Entrypoint: null, Cmd: ['/bin/sh'], Labels: null },
    },
  ],
  [/^POST \/containers\/create/, 201, { Id: 'c0ffee', Warnings: [] }],
  [/^POST \/containers\/c0ffee\/start/, 204, undefined],
  [/^GET \/containers\/c0ffee\/json/, 200, { State: { Running: false, Pid: 0, Status: 'exited' } }],
  [/^DELETE \/containers\/c0ffee/, 204, undefined],
]

test('an engine of Podman is asked for what it understands, and its answers are taken', async () => {
  const socket = join(folder, 'podman.sock')
  const asked: { line: string; body: Record<string, unknown> }[] = []
  const server = createServer(async (request, response) => {
    let text = ''
    for await (const chunk of request) text += chunk
    const line = `${request.method} ${decodeURIComponent(request.url ?? '')}`
    asked.push({ line, body: text === '' ? {} : JSON.parse(text) })
    const [, status, body] = exchanges.find(([pattern]) => pattern.test(line)) ?? ['', 404, { message: line }]
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(body === undefined ? undefined : JSON.stringify(body))
  })
  await new Promise<void>((listening) => server.listen(socket, listening))
  const { settings } = readDockerSettings({ DOCKER_HOST: `unix://${socket}` })
  const shared = await openTaskFolder(join(folder, 'task'))
  const said: string[] = []

  const connected = await connectDocker({ settings, owner: folder, agentsUrl: 'http://127.0.0.1:9' })
  const spec = taskSpec([])
  const job = {
    ...spec.job,
    executor: {
      type: 'docker' as const,
      images: [{ image: 'alpine:3', user: '1000', environment: [{ name: 'A', value: 'b' }] }],
    },
  }
  const state = await connected!.executor.prepare(
    { ...spec, job },
    shared,
    (line) => void said.push(line),
    new AbortController().signal,
  )
  await connected!.executor.remove(state, shared)
  await shared.close()
  server.close()

  expect(connected).toMatchObject({ versions: { engine: 'podman 5.4.2' }, faults: [] })
  expect(connected!.executor.images?.(state)).toEqual([{ image: 'alpine:3', digest: `sha256:${'a'.repeat(64)}` }])
  expect(said).toContain(`  using sha256:${'a'.repeat(64)}`)
  const created = asked.find(({ line }) => line.startsWith('POST /containers/create'))?.body
  expect(created).toMatchObject({
    Image: 'sha256:1111',
    User: '1000',
    Env: ['A=b'],
    HostConfig: {
      NetworkMode: 'rondo-jobs',
      NanoCpus: 1e9,
      Memory: 2 * 1024 ** 3,
      PidsLimit: 4096,
      CapDrop: ['MKNOD', 'NET_RAW'],
      Init: true,
      ExtraHosts: ['host.docker.internal:host-gateway'],
    },
  })
  expect(asked.at(-1)?.line).toMatch(/^DELETE \/containers\/c0ffee\?force=true&v=true/)
})
