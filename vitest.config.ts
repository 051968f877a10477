import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What takes longest goes first, so that the rest is done beside it. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files)
    const long = sorted.filter((file) => file.moduleId.endsWith('/simulate.test.ts'))
    return [...long, ...sorted.filter((file) => !long.includes(file))]
  }
}

// Unit and integration tests, beside their sources. Each file runs in a process of its own (some of them kill and are
// killed), two at a time: many start PostgreSQL, git or containers, which want the other core.
export default defineConfig({
  test: {
    include: ['packages/*/src/**/*.test.{ts,tsx}', 'scripts/**/*.test.ts'],
    pool: 'forks',
    maxWorkers: 2,
    testTimeout: 120_000,
    hookTimeout: 120_000,
    sequence: { sequencer: LongestFirst },
  },
})
