import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from 'vitest'
import { shellVerb } from './shell.ts'

test('a job that is not found is named, with how its name is come by', async () => {
  const server = createServer((_request, response) => {
    response.writeHead(404, { 'content-type': 'application/json' }).end('{"message":"Job not found"}')
  })
  await new Promise<void>((resolve) => server.listen(0, resolve))
  const host = `http://localhost:${(server.address() as AddressInfo).port}`
  const flags: Record<string, string> = { host, token: 't' }
  const call = {
    arguments: ['gh/acme/web/7'],
    text: (flag: string) => flags[flag],
    texts: () => [],
    given: () => false,
  }
  await expect(shellVerb.run(call)).rejects.toThrow(
    `${host} knows no job gh/acme/web/7, or none that is yours to see. The address of its page ends with what to name: VCS/ORG/REPO/NUMBER.`,
  )
  await new Promise((resolve) => server.close(resolve))
})
