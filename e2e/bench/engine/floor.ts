import { startTestDatabase } from '@rondo/testkit'
import pg from 'pg'
import { beside, secondsSince } from './beside.ts'

/**
 * What PostgreSQL itself gives: durable claim-and-complete cycles a second of this many rows, two transactions a cycle, as
 * many at once as the engine gets, on a database set up as ours is.
 */
export async function cyclesPerSecond(rows: number, atOnce: number): Promise<number> {
  const database = await startTestDatabase()
  const pool = new pg.Pool({ connectionString: database.connectionString, max: atOnce })
  // Connections that end with their database are no news.
  pool.on('error', () => {})
  try {
    await pool.query(`create table floor_tasks (id integer primary key, phase text not null)`)
    await pool.query(`create index floor_queued on floor_tasks (id) where phase = 'queued'`)
    await pool.query(`insert into floor_tasks select id, 'queued' from generate_series(1, $1::int) id`, [rows])
    const begun = performance.now()
    await beside(atOnce, rows, async () => {
      const { rows: claimed } = await pool.query<{ id: number }>({
        name: 'claim',
        text: `update floor_tasks set phase = 'running' where id = (
          select id from floor_tasks where phase = 'queued' order by id limit 1 for update skip locked) returning id`,
      })
      await pool.query({
        name: 'complete',
        text: `update floor_tasks set phase = 'finished' where id = $1`,
        values: [claimed[0]?.id],
      })
    })
    return rows / secondsSince(begun)
  } finally {
    await pool.end()
    await database.stop()
  }
}
