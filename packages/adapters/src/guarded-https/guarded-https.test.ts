import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createGuardedHttps, type GuardedHttpsOptions } from './guarded-https.ts'

let folder: string
let server: Server
let port: number
let ca: string
const asked: string[] = []

const answers: Readonly<Record<string, RequestListener>> = {
  '/orb.yml': (_, response) => response.end('version: 2.1\n'),
  '/elsewhere': (_, response) => response.writeHead(302, { location: 'https://localhost/' }).end(),
  '/large': (_, response) => response.end('x'.repeat(2_000)),
  '/bytes': (_, response) => response.end(Buffer.from([0xff, 0xfe, 0x80])),
  '/nul': (_, response) => response.end('a\0b'),
  '/silent': () => {},
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'guarded-https-'))
  const file = (name: string) => join(folder, name)
  const subject = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,DNS:orbs.example,IP:127.0.0.1']
  const pair = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-keyout', file('key'), '-out', file('cert')]
  execFileSync('openssl', ['req', '-x509', '-nodes', '-days', '2', ...pair, ...subject], { stdio: 'ignore' })
  ca = readFileSync(file('cert'), 'utf8')
  server = createServer({ key: readFileSync(file('key')), cert: ca }, (request, response) => {
    asked.push(request.url ?? '')
    const answer = answers[request.url ?? '']
    if (answer === undefined) response.writeHead(404).end()
    else answer(request, response)
  })
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
  port = (server.address() as AddressInfo).port
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
  rmSync(folder, { recursive: true, force: true })
})

const texts = (options: GuardedHttpsOptions = {}) => createGuardedHttps({ ca, allowed: ['127.0.0.1'], ...options })

describe('reading from an address a stranger chose', () => {
  test('answers its text, dialling the address that was looked at [S-16]', async () => {
    let looked = 0
    // The second answer is what an attacker's name server would give once the first was found harmless.
    const resolve = async () => (looked++ === 0 ? ['127.0.0.1'] : ['169.254.169.254'])

    expect(await texts({ resolve }).read(`https://orbs.example:${port}/orb.yml`)).toBe('version: 2.1\n')
    expect(looked).toBe(1)
  })

  test.each([
    ['/elsewhere', 'redirects are not followed'],
    ['/none', 'the answer is 404'],
    ['/large', 'larger than 1000 bytes'],
    ['/bytes', 'not text in UTF-8'],
    ['/nul', 'it is no text'],
    ['/silent', 'longer than 0.3 s'],
  ])('of %s is refused: %s', async (path, reason) => {
    const reading = texts({ maxBytes: 1_000, timeoutMs: 300 }).read(`https://localhost:${port}${path}`)

    await expect(reading).rejects.toMatchObject({ code: 'bad-request', message: expect.stringContaining(reason) })
  })

  test('trusts no certificate but those it was told to', async () => {
    const { ca: _, ...others } = { ca, allowed: ['127.0.0.1'] }

    await expect(createGuardedHttps(others).read(`https://localhost:${port}/orb.yml`)).rejects.toThrow('CERT')
  })

  test.each([
    ...['http://example.com/', 'file:///etc/passwd', 'https://u:p@example.com/', 'not an address', ''],
    ...['https://127.0.0.1/', 'https://127.1/', 'https://0x7f000001/', 'https://2130706433/', 'https://0177.0.0.1/'],
    ...['https://localhost/', 'https://0.0.0.0/', 'https://10.1.2.3/', 'https://172.31.0.1/', 'https://192.168.1.1/'],
    ...['https://169.254.169.254/', 'https://100.64.0.1/', 'https://224.0.0.1/', 'https://255.255.255.255/'],
    ...['https://[::1]/', 'https://[::]/', 'https://[fd00::1]/', 'https://[fe80::1]/', 'https://[::ffff:10.0.0.1]/'],
    ...['https://[::ffff:7f00:1]/', 'https://[64:ff9b::7f00:1]/', 'https://[2002:7f00:1::]/', 'https://[ff02::1]/'],
  ])('never dials %s [S-16]', async (url) => {
    asked.length = 0

    await expect(createGuardedHttps({ ca }).read(url.replace(/\/$/, `:${port}/orb.yml`))).rejects.toMatchObject({
      code: 'bad-request',
    })
    expect(asked).toEqual([])
  })

  test('refuses a name with any address inside, and a name with none [S-16]', async () => {
    const reading = (addresses: readonly string[]) =>
      texts({ allowed: [], resolve: async () => addresses }).read(`https://orbs.example:${port}/orb.yml`)

    await expect(reading(['93.184.216.34', '10.0.0.1'])).rejects.toThrow('inside a private network')
    await expect(reading([])).rejects.toThrow('has no address')
  })
})
