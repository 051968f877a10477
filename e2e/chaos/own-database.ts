import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startEmbeddedPostgres } from '@rondo/adapters'
import { startTcpProxy, type TcpProxy } from '@rondo/testkit'

/** A PostgreSQL that belongs to the experiment and not to the server, with a link to it that can be broken. */
export interface OwnDatabase {
  /** For the server. */
  readonly url: string
  /** Past the link, for the experiment. */
  readonly direct: string
  readonly link: TcpProxy
  start(): Promise<void>
  /** It is away until it is started again. */
  stop(): Promise<void>
  /** Stops it for good, and takes its folder away. */
  remove(): Promise<void>
}

export async function startOwnDatabase(): Promise<OwnDatabase> {
  const folder = mkdtempSync(join(tmpdir(), 'rondo-chaos-'))
  // PostgreSQL runs as another user when the experiment runs as root.
  chmodSync(folder, 0o755)
  const open = () =>
    startEmbeddedPostgres({ dataFolder: join(folder, 'postgres'), logFile: join(folder, 'postgres.log') })
  let postgres = await open()
  const direct = postgres.connectionString
  const url = new URL(direct)
  const link = await startTcpProxy({ targetPort: Number(url.port) })
  url.port = String(link.port)
  return {
    url: url.href,
    direct,
    link,
    async start() {
      postgres = await open()
    },
    stop: () => postgres.stop(),
    async remove() {
      await link.stop()
      await postgres.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}
