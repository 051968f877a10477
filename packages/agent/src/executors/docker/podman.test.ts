import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ImagePlan } from '@rondo/model'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTaskFolder, type TaskFolder } from '../../shared-folder/task-folder.ts'
import { type AnsweringEngine, type Exchange, startAnsweringEngine } from '../../testing/answering-engine.ts'
import { taskSpec } from '../../testing/task-spec.ts'
import type { ExecutorState } from '../executor.ts'
import { type ConnectedDocker, connectDocker } from './docker.ts'
import { readDockerSettings } from './settings.ts'
import { writePodmanFilter } from './system-calls.ts'

let folder: string
let engine: AnsweringEngine | undefined

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'podman-'))
})

afterEach(() => {
  engine?.stop()
  engine = undefined
  rmSync(folder, { recursive: true, force: true })
})

const [primaryId, serviceId] = ['f9557f722394', '46489af60cea']

/** What both kinds of Podman answer alike where it differs from Docker: digests without the name Docker Hub leaves out, no address to ask a registry by. */
const alike: readonly Exchange[] = [
  [/^GET \/containers\/json/, 200, []],
  [/^GET \/images\/docker\.io\/library\/alpine:3\/distribution/, 404, { message: 'not found' }],
  [
    /^GET \/images\/alpine:3\/json/,
    200,
    {
      Id: 'sha256:1111',
      RepoTags: ['docker.io/library/alpine:3'],
      RepoDigests: [`docker.io/library/alpine@sha256:${'a'.repeat(64)}`],
      Architecture: 'amd64',
      Config: { Entrypoint: null, Cmd: ['/bin/sh'], Labels: null },
    },
  ],
  [/^POST \/containers\/\w+\/start/, 204],
  [/^GET \/containers\/\w+\/json/, 200, { State: { Running: false, Pid: 0, Status: 'exited', OOMKilled: false } }],
  [/^DELETE \/containers\/\w+/, 204],
]

/** Of Podman 5, as its sources have it. */
const podman5: readonly Exchange[] = [
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
  [/^POST \/containers\/create/, 201, { Id: primaryId, Warnings: [] }],
  ...alike,
]

/** Of Podman 4.3.1 of Debian 12 with runc, as it answered. */
const podman43: readonly Exchange[] = [
  [
    /^GET \/info/,
    200,
    { NCPU: 2, MemTotal: 25276502016, Architecture: 'amd64', Driver: 'overlay', CgroupVersion: '1' },
  ],
  [
    /^GET \/version/,
    200,
    {
      Components: [
        { Name: 'Podman Engine', Version: '4.3.1' },
        { Name: 'Conmon', Version: 'conmon version 2.1.6, commit: unknown' },
        {
          Name: 'OCI Runtime (runc)',
          Version:
            'runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1+deb12u1\nspec: 1.0.2-dev\ngo: go1.19.8\nlibseccomp: 2.5.4',
        },
      ],
    },
  ],
  [
    /^GET \/networks\/rondo-jobs/,
    200,
    {
      Name: 'rondo-jobs',
      Scope: 'local',
      Driver: 'bridge',
      IPAM: {
        Driver: 'default',
        Options: { driver: 'host-local' },
        Config: [{ Subnet: '10.89.0.0/24', Gateway: '10.89.0.1' }],
      },
      Options: {},
      Labels: { 'rondo.network': 'jobs' },
    },
  ],
  // It does not answer at all before the container has printed something.
  [/^GET \/containers\/\w+\/logs/, 'silent'],
  ...alike,
]

interface Prepared {
  readonly connected: ConnectedDocker
  readonly state: ExecutorState
  readonly said: readonly string[]
  readonly shared: TaskFolder
}

/** Makes a job's containers on the engine that answers so. */
async function prepare(
  exchanges: readonly Exchange[],
  images: readonly ImagePlan[],
  environment: readonly { readonly name: string; readonly value: string }[] = [],
): Promise<Prepared> {
  const socket = join(folder, 'podman.sock')
  engine = await startAnsweringEngine(socket, exchanges)
  const { settings } = readDockerSettings({ DOCKER_HOST: `unix://${socket}` })
  const shared = await openTaskFolder(join(folder, 'task'))
  const said: string[] = []
  const connected = await connectDocker({ settings, owner: folder, agentsUrl: 'http://127.0.0.1:9' })
  const spec = taskSpec([])
  const job = { ...spec.job, executor: { type: 'docker' as const, images } }
  const state = await connected!.executor.prepare(
    { ...spec, job, environment },
    shared,
    (line) => void said.push(line),
    new AbortController().signal,
  )
  return { connected: connected!, state, said, shared }
}

const created = () => engine!.asked.filter(({ line }) => line.startsWith('POST /containers/create'))

test('an engine of Podman is asked for what it understands, and its answers are taken', async () => {
  const image = { image: 'alpine:3', user: '1000', environment: [{ name: 'A', value: 'b' }] }
  const { connected, state, said, shared } = await prepare(podman5, [image])
  await connected.executor.remove(state, shared)
  await shared.close()

  expect(connected).toMatchObject({ versions: { engine: 'podman 5.4.2' }, faults: [] })
  expect(connected.executor.images?.(state)).toEqual([{ image: 'alpine:3', digest: `sha256:${'a'.repeat(64)}` }])
  expect(said).toContain(`  using sha256:${'a'.repeat(64)}`)
  expect(created()[0]?.body).toMatchObject({
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
  expect(engine!.asked.at(-1)?.line).toMatch(/^DELETE \/containers\/\w+\?force=true&v=true/)
})

test('a Podman that does not know the word host-gateway is told the machine’s address in the jobs’ network', async () => {
  const first: Exchange = [/^POST \/containers\/create/, 201, { Id: primaryId, Warnings: [] }]
  const { connected, shared } = await prepare([first, ...podman43], [{ image: 'alpine:3', environment: [] }])
  await shared.close()

  expect(created()[0]?.body).toMatchObject({ HostConfig: { ExtraHosts: ['host.docker.internal:10.89.0.1'] } })
  expect(connected.versions).toEqual({ engine: 'podman 4.3.1', runc: '1.1.5+ds1' })
  expect(connected.faults[0]).toMatch(/^runc 1\.1\.5\+ds1 lets a job out of its container \(CVE-2024-21626\)/)
})

test('a service that prints nothing keeps no job waiting on an engine that answers only when something is printed', async () => {
  const service: Exchange = [/^POST \/containers\/create/, 201, { Id: serviceId, Warnings: [] }]
  const { connected, state, shared } = await prepare(
    [service, ...podman43],
    [
      { image: 'alpine:3', environment: [] },
      { image: 'alpine:3', environment: [], command: ['sleep', '60'] },
    ],
  )
  const over = new AbortController()

  const attended = connected.executor.attend!(state, 0, 0, async () => {}, over.signal)
  await expect.poll(() => engine!.asked.some(({ line }) => line.includes('/logs?'))).toBe(true)
  over.abort()

  expect(await attended).toBeUndefined()
  await shared.close()
})

test('variables of a job stand in no address, which engines keep in their logs', async () => {
  const any: Exchange = [/^POST \/containers\/create/, 201, { Id: primaryId, Warnings: [] }]
  const { shared } = await prepare(
    [any, ...podman43],
    [
      { image: 'alpine:3', environment: [{ name: 'INLINE', value: 'first secret' }] },
      { image: 'alpine:3', environment: [], command: ['sleep', '60'] },
    ],
    [{ name: 'TOKEN', value: 'second secret' }],
  )
  await shared.close()

  expect(created().map(({ body }) => body.Env)).toEqual([['INLINE=first secret'], ['TOKEN=second secret']])
  for (const { line } of engine!.asked) expect(line).not.toContain('secret')
})

test('Podman’s filter of system calls is taken without namespaces, mounts and keys, which it lets every container have', async () => {
  const own = join(folder, 'own.json')
  const rule = (action: string, ...names: string[]) => ({ names, action, args: [] })
  const syscalls = [
    rule('SCMP_ACT_ALLOW', 'read', 'unshare', 'keyctl', 'mount', 'clone', 'clone3'),
    { ...rule('SCMP_ACT_ALLOW', 'setns'), includes: { caps: ['CAP_SYS_ADMIN'] } },
  ]
  writeFileSync(own, JSON.stringify({ defaultAction: 'SCMP_ACT_ERRNO', syscalls }))

  const path = await writePodmanFilter(folder, [join(folder, 'none.json'), own])
  const written = JSON.parse(readFileSync(path!, 'utf8')) as {
    defaultAction: string
    syscalls: { names: string[]; action: string; args?: unknown }[]
  }
  const allowed = written.syscalls.filter(({ action }) => action === 'SCMP_ACT_ALLOW')

  expect(written.defaultAction).toBe('SCMP_ACT_ERRNO')
  expect(new Set(allowed.flatMap(({ names }) => names))).toEqual(new Set(['read', 'clone']))
  for (const { names, args } of allowed)
    if (names.includes('clone')) expect(args).toMatchObject([{ value: 0x7e020000, op: 'SCMP_CMP_MASKED_EQ' }])
  expect(await writePodmanFilter(folder, [join(folder, 'none.json')])).toBeUndefined()
})
