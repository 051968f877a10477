import { setTimeout as sleep } from 'node:timers/promises'
import { type Stack, startStack } from '@rondo/testkit'
import { type StubAgent, startStubAgent } from '../bench/engine/stub-agent.ts'
import type { Experiment } from './experiment.ts'
import { pushConfig } from './push.ts'

/** Longer than a push takes, so that an approval meets it before, in its midst, and after it. */
const longestMs = 600

const configOf = (word: string) => `version: 2.1
jobs: {deploy: {docker: [{image: alpine}], resource_class: small, steps: [{run: 'echo ${word}'}]}}
workflows: {main: {jobs: [hold: {type: approval}, deploy: {requires: [hold]}]}}
`

interface Reviewed {
  readonly workflow: string
  readonly hold: string
  readonly revision: string
  readonly word: string
}

/** Somebody approves what was reviewed; somebody else puts another commit and config in its place, by force, at that moment. */
export const approvals: Experiment<{ readonly pushes: number; readonly 'at-once': number }> = {
  rows: 'S-03',
  what: 'another commit is pushed by force while one is approved and its job starts',
  full: { pushes: 500, 'at-once': 4 },
  async run({ pushes, 'at-once': atOnce }, { say }) {
    const stack = await startStack({ env: { RONDO_AGENT: 'none' } })
    const over = new AbortController()
    try {
      const agent = await startStubAgent(stack)
      const approved = new Map<string, string>()
      const problems: string[] = []
      const taking = takeAll(agent, approved, problems, over.signal)
      let left = pushes
      await Promise.all(
        Array.from({ length: atOnce }, async (_, lane) => {
          await stack.createProject(`review-${lane}`, 'app')
          while (left-- > 0) {
            await race(stack, `review-${lane}/app`, `${lane}-${left}`, approved)
            if (left % 50 === 0) say(`${left} are left`)
          }
        }),
      )
      await stack.waitFor('what was approved to start', async () => (approved.size === 0 ? true : undefined), 120_000)
      // What nobody approved would have been there by now, if it ever came.
      await sleep(1_000)
      over.abort()
      const started = await taking
      if (started !== pushes) problems.push(`${pushes} were approved and ${started} started`)
      return { problems, figures: { pushes, started } }
    } finally {
      over.abort()
      await stack.stop()
    }
  },
}

/** Takes whatever waits, and compares what it is given with what was approved; answers how many that were. */
async function takeAll(
  agent: StubAgent,
  approved: Map<string, string>,
  problems: string[],
  over: AbortSignal,
): Promise<number> {
  let started = 0
  while (!over.aborted)
    for (const claim of await agent.claim(8, 500).catch((error: unknown) => afterwards(error, over))) {
      const spec = await agent.plane.grant(claim)
      const { revision } = spec.checkout
      const word = approved.get(revision)
      if (word === undefined) problems.push(`${revision} started, which nobody had approved`)
      else if (!JSON.stringify(spec.job.steps).includes(word))
        problems.push(`${revision} started with another config than ${word}`)
      approved.delete(revision)
      started++
      await agent.end(claim)
    }
  return started
}

/** Once it is over nobody wonders that the server has gone. */
function afterwards(error: unknown, over: AbortSignal): readonly never[] {
  if (over.aborted) return []
  throw error
}

async function race(stack: Stack, project: string, word: string, approved: Map<string, string>): Promise<void> {
  const reviewed = await review(stack, project, `reviewed-${word}`)
  const approve = async () => {
    await sleep(Math.random() * longestMs)
    approved.set(reviewed.revision, reviewed.word)
    await stack.api('POST', `/api/v2/workflow/${reviewed.workflow}/approve/${reviewed.hold}`)
  }
  await Promise.all([approve(), pushConfig(stack, project, configOf(`planted-${word}`))])
}

async function review(stack: Stack, project: string, word: string): Promise<Reviewed> {
  await pushConfig(stack, project, configOf(word))
  const { id, vcs } = (await stack.latestPipeline(project)) as unknown as { id: string; vcs: { revision: string } }
  const [workflow] = await stack.workflows(id)
  const hold = await stack.waitFor('the approval', async () =>
    (await stack.jobs(workflow!.id)).find(({ name, status }) => name === 'hold' && status === 'on_hold'),
  )
  return { workflow: workflow!.id, hold: hold.id, revision: vcs.revision, word }
}
