import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startTestEngine, type TestEngine } from './engine.ts'
import { type Ended, rondo } from './rondo.ts'
import { startTestWeb, type TestWeb } from './web.ts'

/** A server over a test engine, and `rondo` as its users call it. */
export interface CliWorld {
  readonly engine: TestEngine
  readonly web: TestWeb
  readonly url: string
  /** Token of `root`, an administrator of the installation. */
  readonly root: string
  /** In which `rondo` is called. */
  readonly folder: string
  /** Calls `rondo` as the user whose token it is. */
  rondo(token: string, ...args: readonly string[]): Promise<Ended>
  stop(): Promise<void>
}

export async function startCliWorld(): Promise<CliWorld> {
  const engine = await startTestEngine()
  const web = await startTestWeb(engine)
  const url = await web.listen()
  const { accounts } = engine.database.store
  const administrator = await accounts.createUser({ login: 'root', name: 'root', passwordHash: null, admin: true })
  const folder = mkdtempSync(join(tmpdir(), 'rondo-cli-'))
  return {
    engine,
    web,
    url,
    root: await web.token(administrator),
    folder,
    rondo: (token, ...args) => rondo(args, { cwd: folder, env: { RONDO_URL: url, RONDO_TOKEN: token } }),
    async stop() {
      rmSync(folder, { recursive: true })
      await web.stop()
      await engine.stop()
    },
  }
}
