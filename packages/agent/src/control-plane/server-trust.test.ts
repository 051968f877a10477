import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:https'
import { type AddressInfo, createServer as createPlainServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createControlPlaneClient } from './client.ts'
import { trustFile } from './server-trust.ts'

const folder = mkdtempSync(join(tmpdir(), 'server-trust-'))
const file = (name: string) => join(folder, name)
const servers: Server[] = []
let url: string

/** A certificate of its own name, signed by itself, or by `authority`. */
function certify(name: string, alternative: string, authority?: string): void {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', file(`${name}.key`)]
  const signer = authority === undefined ? [] : ['-CA', file(`${authority}.pem`), '-CAkey', file(`${authority}.key`)]
  const subject = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=${alternative}`]
  execFileSync('openssl', ['req', '-x509', '-days', '2', ...key, ...signer, ...subject, '-out', file(`${name}.pem`)], {
    stdio: 'ignore',
  })
}

async function serve(name: string): Promise<Server> {
  const server = createServer(
    { cert: readFileSync(file(`${name}.pem`)), key: readFileSync(file(`${name}.key`)) },
    (_request, response) => response.end('{"agentId":"a","leaseMs":1}'),
  )
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  servers.push(server)
  return server
}

const addressOf = (server: { address(): unknown }) => `https://127.0.0.1:${(server.address() as AddressInfo).port}`
const hello = (at: string, name: string) =>
  createControlPlaneClient(at, 'secret-token', { trust: trustFile(file(`${name}.pem`)) }).hello({} as never)

beforeAll(async () => {
  certify('authority', 'DNS:authority')
  certify('here', 'IP:127.0.0.1', 'authority')
  certify('elsewhere', 'DNS:elsewhere.example', 'authority')
  certify('own', 'DNS:ci.example.com')
  certify('stranger', 'IP:127.0.0.1')
  url = addressOf(await serve('here'))
})

afterAll(() => {
  for (const server of servers) {
    server.closeAllConnections()
    server.close()
  }
  rmSync(folder, { recursive: true, force: true })
})

test('a server is known by an authority when it names the address, and by its own certificate whatever that names [S-56]', async () => {
  const own = addressOf(await serve('own'))
  const elsewhere = addressOf(await serve('elsewhere'))

  expect(await hello(url, 'authority')).toMatchObject({ agentId: 'a' })
  expect(await hello(url, 'here')).toMatchObject({ agentId: 'a' })
  expect(await hello(own, 'own')).toMatchObject({ agentId: 'a' })
  await expect(hello(elsewhere, 'authority')).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringMatching(/altnames/i),
  })
})

test('no other server is told the token: not a stranger, nor one without TLS [S-56]', async () => {
  const heard: string[] = []
  const plain = createPlainServer((socket) => socket.on('data', (bytes) => heard.push(String(bytes))))
  plain.listen(0, '127.0.0.1')
  await once(plain, 'listening')
  plain.on('connection', (socket) => socket.setTimeout(500, () => socket.end('HTTP/1.1 200 OK\r\n\r\n{}')))
  const stranger = await serve('stranger')
  stranger.on('request', (request) => heard.push(String(request.headers.authorization)))

  for (const at of [addressOf(stranger), addressOf(plain)])
    await expect(hello(at, 'authority')).rejects.toMatchObject({ code: 'unavailable' })

  expect(heard.filter((text) => text.includes('secret-token'))).toEqual([])
  plain.close()
})

test('a renewed certificate is known once the file holds it', async () => {
  copyFileSync(file('stranger.pem'), file('trusted.pem'))
  const client = createControlPlaneClient(url, 'secret-token', { trust: trustFile(file('trusted.pem')) })
  await expect(client.hello({} as never)).rejects.toMatchObject({ code: 'unavailable' })

  copyFileSync(file('here.pem'), file('trusted.pem'))

  expect(await client.hello({} as never)).toMatchObject({ agentId: 'a' })
})

test('a file without a certificate is named', () => {
  writeFileSync(file('empty.pem'), 'nothing')

  expect(() => trustFile(file('empty.pem')).options()).toThrow(
    /RONDO_SERVER_CA names .*empty.pem, in which there is no/,
  )
})
