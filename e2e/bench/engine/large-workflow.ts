import { startStack } from '@rondo/testkit'
import type { Figure } from '../figure.ts'
import { secondsSince } from './beside.ts'
import { finishAll, startStubAgent } from './stub-agent.ts'

const layers = 100
const inLayer = 100
const jobs = layers * inLayer

/** Every job requires two of the layer before it. */
const config = `version: 2.1
jobs: {j: {docker: [{image: alpine}], steps: [{run: 'true'}]}}
workflows: {main: {jobs: [${Array.from({ length: jobs }, (_, index) => node(index)).join(',')}]}}
`

function node(index: number): string {
  const above = index - inLayer
  const beside = above % inLayer === inLayer - 1 ? above - inLayer + 1 : above + 1
  return `{j: {name: n${index}${above < 0 ? '' : `, requires: [n${above},n${beside}]`}}}`
}

/** One workflow of ten thousand jobs: how long it takes to be made, and whether its last jobs end as fast as its first. */
export async function largeWorkflow(): Promise<readonly Figure[]> {
  const stack = await startStack({ env: { RONDO_AGENT: 'none' } })
  try {
    await stack.createProject('bench', 'large')
    stack.push('bench/large', { '.circleci/config.yml': 'version: 2.1\njobs: {}\n' })
    const begun = performance.now()
    stack.push('bench/large', { '.circleci/config.yml': config })
    const made = secondsSince(begun)
    const { errors } = await stack.latestPipeline('bench/large')
    if (errors.length > 0) throw new Error(errors.map((error) => error.message).join('\n'))
    const ends = await finishAll(await startStubAgent(stack), jobs)
    const tenth = jobs / 10
    const [first, last] = [ends[tenth - 1]! - ends[0]!, ends.at(-1)! - ends.at(-tenth)!]
    return [
      {
        name: `workflow of ${jobs} jobs made, from the push`,
        ours: `${made.toFixed(1)} s`,
        floor: '',
        aim: '≤ 10 s',
      },
      {
        name: `workflow of ${jobs} jobs finished`,
        ours: `${ends.at(-1)!.toFixed(0)} s; the last tenth ${last.toFixed(1)} s`,
        floor: `${first.toFixed(1)} s (the first tenth)`,
        ratio: `${(last / first).toFixed(2)} ×`,
        aim: 'the last ≤ 1.2 × the first',
      },
    ]
  } finally {
    await stack.stop()
  }
}
