import { createHash } from 'node:crypto'

export interface CountedJob {
  /** What it counts as; part of every line. */
  readonly n: number
  readonly name: string
  readonly requires?: readonly string[]
}

/** Two beside each other, and one behind both. */
export const threeJobs: readonly CountedJob[] = [
  { name: 'count-1', n: 1 },
  { name: 'count-2', n: 2 },
  { name: 'after', n: 3, requires: ['count-1', 'count-2'] },
]

/** So many jobs: two beside each other to begin with, then each behind one or two before it, so that the conductor has to decide. */
export function jobGraph(size: number): readonly CountedJob[] {
  return Array.from({ length: size }, (_, index) => ({
    name: `count-${index + 1}`,
    n: index + 1,
    requires: index < 2 ? [] : index % 3 === 0 ? [`count-${index}`, `count-${index - 1}`] : [`count-${index - 1}`],
  }))
}

/**
 * Jobs that print so many numbered lines, 8 ms each unless it is said: what they print is known in advance, so nothing can hide.
 * The step is called `count`.
 */
export function countingConfig(jobs: readonly CountedJob[], lines: number, lineMs = 8): string {
  // Several lines a pause: a pause costs a process.
  const together = lineMs < 100 ? 4 : 1
  const nodes = jobs.map(({ name, n, requires = [] }) => {
    const needs = requires.length === 0 ? '' : `, requires: [${requires.join(', ')}]`
    return `      - count: {name: ${name}, n: ${n}${needs}}\n`
  })
  return `version: 2.1
jobs:
  count:
    docker: [{image: '${countingImage}'}]
    resource_class: small
    parameters: {n: {type: integer}}
    steps:
      - run:
          name: count
          command: |
            i=0
            while [ $i -lt ${lines} ]; do i=$((i + 1)); echo "job << parameters.n >> line $i"; [ $((i % ${together})) -eq 0 ] && sleep ${(lineMs * together) / 1_000}; done; true
workflows:
  main:
    jobs:
${nodes.join('')}`
}

export const countingImage = 'cimg/base:2025.05-20.04'

/** Whether these are exactly the bytes that the job prints. */
export function isCountOf(n: number, lines: number, output: Buffer): boolean {
  const expected = Array.from({ length: lines }, (_, index) => `job ${n} line ${index + 1}\n`).join('')
  return sha(output) === sha(expected)
}

function sha(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}
