import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import Docker from 'dockerode'
import { expect, test } from 'vitest'
import { startAnsweringEngine } from '../../testing/answering-engine.ts'
import { endedByItself } from './ended-by-itself.ts'

const docker = new Docker()
const image = 'alpine:latest'
const ready = await docker
  .getImage(image)
  .inspect()
  .then(
    () => true,
    () => false,
  )

test.runIf(!ready)('a real engine is left out: none answers, or it has no alpine', () => expect(ready).toBe(false))

test.runIf(ready).each([
  ['kills its first process’s child', 'kill -9 $$', async () => {}, true],
  ['is killed from outside', 'sleep 60', (container: Docker.Container) => container.kill(), false],
  ['is stopped from outside', 'sleep 60', (container: Docker.Container) => container.stop({ t: 0 }), false],
] as const)('a container that %s is told apart by a real engine', async (_what, command, act, expected) => {
  const HostConfig = { Init: true }
  const container = await docker.createContainer({ Image: image, Entrypoint: ['/bin/sh', '-c', command], HostConfig })
  try {
    await container.start()
    await act(container)
    await container.wait()
    expect(await endedByItself(docker, await container.inspect())).toBe(expected)
  } finally {
    await container.remove({ force: true })
  }
})

test.each([
  ['one that was seen to die', [{ Action: 'start' }, { Action: 'die' }], true],
  ['one that was seen to die by Podman', [{ Action: 'start' }, { Action: 'died' }], true],
  ['one that was killed', [{ Action: 'kill' }, { Action: 'die' }], false],
  ['one whose end an engine that was restarted does not know', [], false],
] as const)('of a container’s end an engine remembers %s', async (_what, events, expected) => {
  const folder = mkdtempSync(join(tmpdir(), 'rondo-events-'))
  const socketPath = join(folder, 'docker.sock')
  const body = events.map((event) => JSON.stringify(event)).join('\n')
  const engine = await startAnsweringEngine(socketPath, [[/^GET \/events/, 200, body]])
  const State = { StartedAt: '2030-01-01T00:00:00Z', FinishedAt: '2030-01-01T00:01:00Z' }
  const ended = endedByItself(new Docker({ socketPath }), { Id: 'a', State } as Docker.ContainerInspectInfo)
  expect(await ended).toBe(expected)
  expect(engine.asked[0]?.line).toContain('since=1893456000&until=1893456061')
  engine.stop()
  expect(await endedByItself(new Docker({ socketPath }), { Id: 'a', State } as Docker.ContainerInspectInfo)).toBe(false)
  rmSync(folder, { recursive: true, force: true })
})
