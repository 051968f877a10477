import { defineConfig } from 'vitest/config'

/** What mostly waits: for leases to run out, for what was killed to come back. Two of them fit beside each other. */
const waiting = [
  'agent-life',
  'agents-tls',
  'chaos',
  'closed-keys',
  'local-run',
  'local-run-abandoned',
  'local-runs-at-once',
  'orb-pins',
  'orbs',
  'outages',
  'realitycheck-survival',
  'several-agents',
  'survival',
].map((name) => `**/${name}.e2e.ts`)

const common = {
  dir: 'e2e',
  pool: 'forks',
  // Of tests that say so: scenarios of one installation.
  maxConcurrency: 8,
  testTimeout: 300_000,
  hookTimeout: 120_000,
  teardownTimeout: 30_000,
} as const

// The whole product. All share one container engine, and some starve the machine on purpose: those have it to themselves.
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          ...common,
          name: 'waiting',
          include: waiting,
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...common,
          name: 'alone',
          include: ['**/*.e2e.ts'],
          exclude: waiting,
          maxWorkers: 1,
          fileParallelism: false,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
})
