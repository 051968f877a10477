import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Stack } from '@rondo/testkit'
import pg from 'pg'

/** Rows of a statement in the database that the stack runs itself, or that it was told to use. */
export async function look<Row extends object>(
  where: Stack | string,
  statement: string,
  values: readonly unknown[] = [],
): Promise<readonly Row[]> {
  const client = new pg.Client({ connectionString: typeof where === 'string' ? where : addressOf(where) })
  client.on('error', () => {})
  await client.connect()
  try {
    return (await client.query<Row>(statement, [...values])).rows
  } finally {
    await client.end()
  }
}

export async function countRows(where: Stack | string, statement: string): Promise<number> {
  return (await look(where, statement)).length
}

function addressOf(stack: Stack): string {
  const { port, password } = JSON.parse(readFileSync(join(stack.data, 'postgres.json'), 'utf8'))
  return `postgres://rondo:${password}@127.0.0.1:${port}/postgres`
}
