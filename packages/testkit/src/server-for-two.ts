import { buildHousehold } from './builders.ts'
import { startTestEngine, type TestEngine } from './engine.ts'
import { startTestWeb } from './web.ts'

/** Somebody with a token, and the organization they belong to. */
export interface TestPerson {
  readonly token: string
  readonly organization: string
}

/** A server that answers at an address, with an administrator of the installation and a member of another organization. */
export interface ServerForTwo {
  readonly engine: TestEngine
  readonly url: string
  readonly admin: TestPerson
  readonly member: TestPerson
  stop(): Promise<void>
}

export async function startServerForTwo(): Promise<ServerForTwo> {
  const engine = await startTestEngine()
  const web = await startTestWeb(engine)
  const url = await web.listen()
  const person = async (admin: boolean) => {
    const home = await buildHousehold(engine.database.store, { admin })
    return { token: await web.token(home.user), organization: home.organization.name }
  }
  const [admin, member] = await Promise.all([person(true), person(false)])
  return {
    engine,
    url,
    admin,
    member,
    async stop() {
      await web.stop()
      await engine.stop()
    },
  }
}
