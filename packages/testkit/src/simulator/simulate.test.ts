import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { describe, expect, test } from 'vitest'
import { simulate } from './simulate.ts'
import { simulations } from './simulations.ts'

const program = fileURLToPath(new URL('./main.ts', import.meta.url))
const enough = 100_000

describe('simulated worlds', () => {
  test('keep every invariant from their first statement to their rest, over 100,000 workflows', async () => {
    const broken: unknown[] = []

    const sums = await simulations({
      firstSeed: 1,
      workflows: enough,
      onBroken: ({ seed, violations }) => broken.push({ seed, violations }),
    })

    expect(broken).toEqual([])
    expect(sums.workflows).toBeGreaterThanOrEqual(enough)
    // Nothing would be broken in worlds in which nothing happens.
    expect(sums.starts).toBeGreaterThan(enough)
  }, 900_000)

  test.each([7, 111, 240])('happen again, statement by statement, from their seed (%i)', async (seed) => {
    const traces: string[][] = [[], []]
    for (const trace of traces) await simulate({ seed, onTrace: (line) => trace.push(line) })

    expect(traces[0]!.length).toBeGreaterThan(100)
    expect(traces[1]).toEqual(traces[0])
  })

  test('that break print the command that replays them, and it breaks them in the same way', () => {
    const found = simulateByCommand("--seeds 30 --planted 'locks are never given back'")
    const [, command, seed] = /^Replay it with: npm run simulate -- (.*--seed (\d+).*)$/m.exec(found) ?? []

    const replayed = simulateByCommand(command!)

    const line = new RegExp(`^seed ${seed}: invariant .*$`, 'm')
    expect(line.exec(found)?.[0]).toContain('invariant')
    expect(line.exec(replayed)?.[0]).toBe(line.exec(found)?.[0])
  })
})

/** What `npm run simulate -- OPTIONS` prints. */
function simulateByCommand(options: string): string {
  const command = `"${process.execPath}" "${program}" ${options}`
  return spawnSync(command, { shell: true, encoding: 'utf8', maxBuffer: 2 ** 28 }).stdout
}
