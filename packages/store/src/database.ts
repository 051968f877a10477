import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError } from '@rondo/model'
import pg from 'pg'
import type { Sql } from 'sql-template-tag'
import { createTickSocket } from './tick-socket.ts'

pg.types.setTypeParser(pg.types.builtins.INT8, Number)

/** Anything that runs a statement: the pool, or one transaction. Each connection prepares the statements of transactions once. */
export interface Runner {
  rows<Row extends object>(statement: Sql): Promise<readonly Row[]>
}

/**
 * One transaction. Statements may be sent before those ahead of them are answered; each is carried out, and sees what there
 * is, when those ahead of it are done. After one that fails, the rest fail too.
 */
export interface TransactionRunner extends Runner {
  /** What to send last: goes out together with the commit, which does nothing when it fails. */
  lastly(send: () => Promise<void>): void
}

export interface Database extends Runner {
  /** Single statements of the engine that come again and again: each connection prepares them once. */
  readonly prepared: Runner
  /** What nearly every request of people asks before its own: prepared likewise, on the connections of pages. */
  readonly frequent: Runner
  transact<T>(work: (runner: TransactionRunner) => Promise<T>): Promise<T>
  close(): Promise<void>
}

/** Share of the connections that pages and calls have to themselves, so that they are answered however busy the engine is. */
const pagesShare = 0.4

/**
 * A process that was stopped or cut off in the middle of a transaction keeps what it holds from others for so long at most;
 * what it had written is undone, and it is told when it goes on. The engine itself never lets a transaction rest.
 */
const maxStandingStillMs = 10_000

/** Connections to PostgreSQL. When it cannot be reached, calls are refused with AppError `unavailable`; they never hang. */
export function openDatabase(
  connectionString: string,
  connections = 16,
  standingStillMs = maxStandingStillMs,
): Database {
  const forPages = Math.ceil(connections * pagesShare)
  const pages = openPool(connectionString, forPages)
  const engine = openPool(
    connectionString,
    connections - forPages,
    `${keyedPlans}; set idle_in_transaction_session_timeout = ${standingStillMs}`,
  )
  return {
    async rows<Row extends object>(statement: Sql) {
      return (await attempt(() => pages.query<Row>(statement))).rows
    },
    frequent: {
      rows: async <Row extends object>(statement: Sql) =>
        (await attempt(() => pages.query<Row>(prepare(statement)))).rows,
    },
    prepared: {
      rows: async <Row extends object>(statement: Sql) =>
        (await retryDeadlocks(() => attempt(() => engine.query<Row>(prepare(statement))))).rows,
    },
    transact: (work) => retryDeadlocks(() => transactOnce(work)),
    async close() {
      await Promise.all([pages.end(), engine.end()])
    },
  }

  async function transactOnce<T>(work: (runner: TransactionRunner) => Promise<T>): Promise<T> {
    const client = await attempt(() => engine.connect())
    let broken = false
    try {
      const begun = attempt(() => client.query('begin'))
      // It fails with the connection alone, and then everything after it fails as well.
      begun.catch(() => {})
      let last: () => Promise<void> = async () => {}
      const result = await work({
        rows: async <Row extends object>(statement: Sql) =>
          (await attempt(() => client.query<Row>(prepare(statement)))).rows,
        lastly(send) {
          last = send
        },
      })
      const [, , committed] = await Promise.all([begun, last(), attempt(() => client.query('commit'))])
      // So PostgreSQL answers, without an error, when a statement had failed and somebody went on: nothing of it was kept.
      if (committed.command !== 'COMMIT')
        throw new Error('a statement of the transaction had failed: it was rolled back')
      return result
    } catch (error) {
      await client.query('rollback').catch(() => {
        broken = true
      })
      throw error
    } finally {
      client.release(broken)
    }
  }
}

/**
 * What the engine asks touches a few rows, each by an index. On young tables, of which nothing is known yet, a plan that reads
 * them whole looks as good, and is kept after they have grown. Which values are looked for makes no difference to such plans.
 */
const keyedPlans = [
  ...['seqscan', 'bitmapscan', 'hashjoin', 'mergejoin'].map((way) => `set enable_${way} = off`),
  'set plan_cache_mode = force_generic_plan',
].join('; ')

/** `first`: said on each connection before anything else. */
function openPool(connectionString: string, max: number, first?: string): pg.Pool {
  const pool = new pg.Pool({
    connectionString,
    max,
    connectionTimeoutMillis: 5_000,
    idleTimeoutMillis: 60_000,
    pipeline: true,
    stream: createTickSocket,
  })
  // A connection that breaks while idle is replaced by the pool; the next statement finds out by itself.
  pool.on('error', () => {})
  pool.on('connect', (client) => {
    // For its whole life: between two owners the pool itself does not listen, and an error nobody listens to ends the process.
    // Whoever uses it then is told by the next statement, and the pool takes no such connection back.
    client.on('error', () => {})
    // If this fails, so does the connection, and what comes after it.
    if (first !== undefined) client.query(first).catch(() => {})
  })
  return pool
}

const names = new Map<string, string>()

/** The same text has the same name, so that a connection parses and plans it once. Texts are ours alone, so they are few. */
function prepare({ text, values }: Sql): pg.QueryConfig {
  // Migrations are several statements in one text.
  if (values.length === 0) return { text }
  let name = names.get(text)
  if (name === undefined) {
    name = createHash('sha256').update(text).digest('base64url').slice(0, 22)
    names.set(text, name)
  }
  return { name, text, values }
}

const deadlockTries = 9

/**
 * PostgreSQL ends one of two transactions that wait for each other; it is run again after a moment, in which the other one
 * gets on. With many at once the same one may be chosen several times.
 */
async function retryDeadlocks<T>(run: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await run()
    } catch (cause) {
      const deadlock = codeOf(cause) === '40P01' || codeOf(cause) === '40001'
      if (!deadlock || tries >= deadlockTries) throw cause
      await sleep(2 ** tries * (1 + Math.random()))
    }
  }
}

async function attempt<T>(run: () => Promise<T>): Promise<T> {
  try {
    return await run()
  } catch (cause) {
    if (isUnstorable(cause))
      throw new AppError('bad-request', 'PostgreSQL cannot hold a text with a NUL character. Leave it out.', { cause })
    if (codeOf(cause) === diskFull)
      throw new AppError('unavailable', 'The disk of the database is full. Make room there; then this goes on.', {
        cause,
      })
    if (!isOutage(cause)) throw cause
    throw new AppError('unavailable', 'The database cannot be reached at the moment. Try again in a few seconds.', {
      cause,
    })
  }
}

/** SQLSTATE of a statement that PostgreSQL had no room for. */
const diskFull = '53100'

const outageCodes = new Set([
  '57P01',
  '57P02',
  '57P03',
  '08000',
  '08003',
  '08006',
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOENT',
  'EPIPE',
])

/** Whether the database was away, as opposed to a statement it refused. */
export function isOutage(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false
  return (
    outageCodes.has(codeOf(cause)) ||
    /Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error/.test(
      cause.message,
    )
  )
}

/** Whether a text held a character that no text of the database may hold. */
function isUnstorable(cause: unknown): boolean {
  return codeOf(cause) === '22021' || codeOf(cause) === '22P05'
}

/** Whether a unique constraint refused the row. */
export function isDuplicate(cause: unknown): boolean {
  return codeOf(cause) === '23505'
}

/** PostgreSQL's SQLSTATE, or the system's name of an error; empty when there is none. */
function codeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : ''
}
