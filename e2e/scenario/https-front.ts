import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** The installation behind TLS, as orbs expect it: they write `https://` themselves. */
export interface HttpsFront {
  /** `HOST:PORT` as jobs in containers reach it. */
  readonly domain: string
  /** PEM of the certificate, which signs itself. */
  readonly certificate: string
  close(): Promise<void>
}

export async function startHttpsFront(target: string): Promise<HttpsFront> {
  const host = 'host.docker.internal'
  const folder = mkdtempSync(join(tmpdir(), 'rondo-front-'))
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
  const subject = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`, '-days', '2']
  execFileSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject], {
    stdio: 'ignore',
  })
  const pems = { key: readFileSync(key), cert: readFileSync(cert, 'utf8') }
  rmSync(folder, { recursive: true })
  const server = createServer(pems, (incoming, outgoing) => {
    const onward = request(
      new URL(incoming.url ?? '/', target),
      { method: incoming.method ?? 'GET', headers: incoming.headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers)
        answer.pipe(outgoing)
      },
    )
    onward.on('error', () => outgoing.writeHead(502).end())
    incoming.pipe(onward)
  })
  await new Promise<void>((listening) => server.listen(0, listening))
  return {
    domain: `${host}:${(server.address() as AddressInfo).port}`,
    certificate: pems.cert,
    async close() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}
