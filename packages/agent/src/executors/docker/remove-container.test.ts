import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import Docker from 'dockerode'
import { afterEach, expect, test } from 'vitest'
import { removeContainer } from './remove-container.ts'

const stops: (() => void)[] = []
afterEach(() => {
  for (const stop of stops.splice(0)) stop()
})

/** An engine that answers removals so, one after the other, and the last for ever. */
async function engineThat(...answers: readonly (readonly [status: number, message?: string])[]) {
  const asked: string[] = []
  const server = createServer((request, response) => {
    const [status, message] = answers[Math.min(asked.length, answers.length - 1)]!
    asked.push(`${request.method} ${request.url}`)
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(message === undefined ? undefined : JSON.stringify({ message }))
  })
  stops.push(() => {
    server.close()
    server.closeAllConnections()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const docker = new Docker({ host: '127.0.0.1', protocol: 'http', port: (server.address() as AddressInfo).port })
  return { docker, asked }
}

const busy = [500, 'driver "overlay2" failed to remove root filesystem: unlinkat: device or resource busy'] as const
const underWay = [409, 'removal of container it is already in progress'] as const
const gone = [404, 'No such container: it'] as const

test('a container whose storage is busy, or that the engine is removing already, is asked for again until it is gone', async () => {
  const { docker, asked } = await engineThat(busy, underWay, busy, gone)

  await removeContainer(docker, 'it')

  expect(asked).toEqual(Array(4).fill('DELETE /containers/it?force=true&v=true'))
})

test('one that is gone is asked for once', async () => {
  for (const answer of [[204], gone] as const) {
    const { docker, asked } = await engineThat(answer)

    await removeContainer(docker, 'it')

    expect(asked).toHaveLength(1)
  }
})

test('what stays busy is told in the engine’s words; what is still being removed is left to it', async () => {
  const stuck = await engineThat(busy)
  const slow = await engineThat(underWay)

  await expect(removeContainer(stuck.docker, 'it')).rejects.toThrow('device or resource busy')
  await removeContainer(slow.docker, 'it')

  expect(stuck.asked.length).toBeGreaterThan(1)
  expect(slow.asked).toHaveLength(stuck.asked.length)
})

test('a refusal that no time cures is told at once', async () => {
  const { docker, asked } = await engineThat([403, 'not yours'])

  await expect(removeContainer(docker, 'it')).rejects.toThrow('not yours')
  expect(asked).toHaveLength(1)
})
