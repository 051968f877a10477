import { defineConfig } from 'vitest/config'

// The whole product, one file after the other: some starve the machine on purpose, and all share one container engine.
export default defineConfig({
  test: {
    dir: 'e2e',
    include: ['**/*.e2e.ts'],
    pool: 'forks',
    maxWorkers: 1,
    fileParallelism: false,
    // Of tests that say so: scenarios of one installation.
    maxConcurrency: 8,
    testTimeout: 300_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
  },
})
