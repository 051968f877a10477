import { Deadlock, type MemoryDatabase, unavailable, type Work } from './memory-database.ts'
import type { Effect } from './memory-identity.ts'

export interface Connection {
  /** The process whose connections these are: its transactions are undone when it dies. */
  readonly by: object
  /** Called before every statement, and after every commit. */
  readonly effect: Effect
}

/** How the stores of one process speak to the database in memory. */
export interface Statements {
  within<T>(what: string, run: (work: Work) => Promise<T> | T): Promise<T>
  look<T>(what: string, read: (work: Work) => T): Promise<T>
}

export function createStatements(database: MemoryDatabase, { by, effect }: Connection): Statements {
  /** One statement, or a few, in a transaction of their own. */
  async function within<T>(what: string, run: (work: Work) => Promise<T> | T): Promise<T> {
    for (let tries = 0; ; tries++) {
      await effect(what)
      const work = database.begin(by)
      try {
        const result = await run(work)
        if (work.over) throw unavailable()
        work.commit()
        await effect('hear of the commit')
        return result
      } catch (error) {
        work.rollback()
        if (!(error instanceof Deadlock) || tries >= 9) throw error
        await effect('try again')
      }
    }
  }

  /** A statement that writes nothing: nobody is in doubt whether it was committed. */
  async function look<T>(what: string, read: (work: Work) => T): Promise<T> {
    const waited = effect(what)
    if (waited !== undefined) await waited
    const work = database.begin(by)
    try {
      return read(work)
    } finally {
      work.rollback()
    }
  }

  return { within, look }
}
