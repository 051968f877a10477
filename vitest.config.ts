import { defineConfig } from 'vitest/config'

// Unit and integration tests, beside their sources. Each file runs in a process of its own (some of them kill and are
// killed), two at a time: many start PostgreSQL, git or containers, which want the other core.
export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
  },
})
