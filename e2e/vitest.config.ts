import { defineConfig } from 'vitest/config'

// The whole product. Each file has an installation of its own and mostly waits; they share one container engine, in which
// each touches only what is its own.
export default defineConfig({
  test: {
    dir: 'e2e',
    include: ['**/*.e2e.ts'],
    pool: 'forks',
    maxWorkers: 2,
    // Of tests that say so: scenarios of one installation.
    maxConcurrency: 8,
    testTimeout: 300_000,
    hookTimeout: 120_000,
    teardownTimeout: 30_000,
  },
})
