import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import Docker from 'dockerode'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { lookAtDisks, marksAround } from '../../life/disk-watch.ts'
import { createGate } from '../../life/gate.ts'
import { removeImages, removeLeftovers } from './collect-garbage.ts'
import { openImageUses } from './image-uses.ts'
import { attemptLabel, ownerLabel } from './labels.ts'

const folder = mkdtempSync(join(tmpdir(), 'rondo-disk-'))
const disk = join(folder, 'disk')
const run = (program: string, ...args: string[]) => spawnSync(program, args, { encoding: 'utf8' }).status === 0

/** An engine of its own on a disk of its own, which tests may fill. */
function makeDisk(): boolean {
  mkdirSync(disk)
  return (
    process.getuid?.() === 0 &&
    run('sh', '-c', 'command -v dockerd mkfs.ext4') &&
    run('truncate', '-s', '400M', `${disk}.img`) &&
    run('mkfs.ext4', '-q', '-m', '0', `${disk}.img`) &&
    run('mount', '-o', 'loop', `${disk}.img`, disk)
  )
}

const ready = makeDisk()
let engine: ChildProcess | undefined
let docker: Docker

beforeAll(async () => {
  if (!ready) return
  const socket = join(folder, 'docker.sock')
  // In a network of its own: an engine without a bridge removes that of the machine's engine when it starts.
  engine = spawn(
    'unshare',
    [
      '--net',
      'dockerd',
      `--data-root=${disk}/docker`,
      `--exec-root=${folder}/exec`,
      `--pidfile=${folder}/docker.pid`,
      `--host=unix://${socket}`,
      '--bridge=none',
      '--iptables=false',
      '--ip6tables=false',
    ],
    { stdio: 'ignore' },
  )
  docker = new Docker({ socketPath: socket })
  while (
    !(await docker.ping().then(
      () => true,
      () => false,
    ))
  )
    await sleep(100)
}, 90_000)

afterAll(async () => {
  if (engine !== undefined && engine.exitCode === null) {
    const ended = once(engine, 'exit')
    engine.kill('SIGTERM')
    await ended
  }
  if (ready) run('umount', disk)
  rmSync(folder, { recursive: true, force: true })
}, 60_000)

test.runIf(!ready)('garbage on an engine of its own is left out: this takes root, a loop device and dockerd', () => {
  expect(ready).toBe(false)
})

describe.runIf(ready)('an engine on a small disk', () => {
  /** An image that nobody could mistake for another, of so many megabytes. */
  async function makeImage(name: string, megabytes: number): Promise<void> {
    const content = join(folder, 'content')
    rmSync(content, { recursive: true, force: true })
    mkdirSync(content)
    run('sh', '-c', `head -c ${megabytes}M /dev/urandom >${content}/fill`)
    run('tar', '-C', content, '-cf', join(folder, 'image.tar'), '.')
    const stream = await docker.importImage(join(folder, 'image.tar'), { repo: name, tag: '1' })
    await new Promise((resolve) => stream.resume().on('end', resolve))
  }

  const images = async () =>
    (await docker.listImages()).flatMap((image) => image.RepoTags ?? []).sort((a, b) => (a < b ? -1 : 1))
  const used = () => {
    const { blocks, bfree, bavail } = statfsSync(disk)
    return (100 * (blocks - bfree)) / (blocks - bfree + bavail)
  }

  test('images that jobs brought go when the disk fills, unused ones for longest first, none in use, and the gate opens again [R-12]', async () => {
    for (const name of ['own', 'old', 'held', 'new']) await makeImage(name, 60)
    let now = 1
    const uses = openImageUses(join(folder, 'images.json'), () => now++)
    for (const name of ['held:1', 'old:1', 'new:1', 'gone:1']) uses.pulled(name)
    await docker.createContainer({ Image: 'held:1', Cmd: ['/sh'], HostConfig: { NetworkMode: 'none' } })
    const gate = createGate()
    const ports = {
      gate,
      folders: [disk],
      marks: marksAround(75),
      collect: async (enough: () => Promise<boolean>) => void (await removeImages(docker, uses, enough)),
    }
    const fill = join(disk, 'fill')

    // A little over the mark: one image is enough.
    run('sh', '-c', `head -c ${Math.ceil(((76 - used()) / 100) * 400)}M /dev/zero >${fill}`)
    await lookAtDisks(ports)
    expect(await images()).toEqual(['held:1', 'new:1', 'own:1'])
    expect(gate.refusal()).toBeUndefined()

    // More than images can make up for: what is not ours and what is in use stays, and nothing new is taken.
    run('sh', '-c', `head -c ${Math.ceil(((99 - used()) / 100) * 400)}M /dev/zero >>${fill}`)
    await lookAtDisks(ports)
    expect(await images()).toEqual(['held:1', 'own:1'])
    expect(gate.refusal()).toMatch(
      /^The disk of .*disk is \d\d % full \(\d+ MB left\)\. It takes tasks again below 72 %/,
    )

    rmSync(fill)
    await lookAtDisks(ports)
    expect(gate.refusal()).toBeUndefined()
  }, 120_000)

  test('what attempts of a dead agent left goes, and what others have stays', async () => {
    await makeImage('small', 1)
    const labels = (owner: string, attempt: string) => ({ [ownerLabel]: owner, [attemptLabel]: attempt })
    const things = async (owner: string, attempt: string) => {
      const Labels = labels(owner, attempt)
      await docker.createContainer({
        name: `c-${owner}-${attempt}`,
        Image: 'small:1',
        Cmd: ['/sh'],
        Labels,
        Volumes: { '/data': {} },
        HostConfig: { NetworkMode: 'none' },
      })
      await docker.createVolume({ Name: `v-${owner}-${attempt}`, Labels })
      await docker.createNetwork({ Name: `n-${owner}-${attempt}`, Driver: 'bridge', Labels })
    }
    for (const [owner, attempt] of [
      ['mine', 'dead'],
      ['mine', 'alive'],
      ['other', 'dead'],
    ] as const)
      await things(owner, attempt)

    const removed = await removeLeftovers(docker, 'mine', () => new Set(['alive']))

    const names = (await docker.listContainers({ all: true }))
      .map((container) => container.Names[0]?.slice(1))
      .filter((name) => name?.startsWith('c-'))
    const volumes = (await docker.listVolumes()).Volumes.map((volume) => volume.Name)
    const networks = (await docker.listNetworks()).flatMap(({ Name }) => (Name.startsWith('n-') ? [Name] : []))
    expect(removed).toBe(3)
    expect(networks.sort()).toEqual(['n-mine-alive', 'n-other-dead'])
    expect(names.sort()).toEqual(['c-mine-alive', 'c-other-dead'])
    // Besides these two, those without a name that the two containers have.
    expect(volumes.filter((name) => name.startsWith('v-')).sort()).toEqual(['v-mine-alive', 'v-other-dead'])
    expect(volumes).toHaveLength(4)
  }, 60_000)
})
