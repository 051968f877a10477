import { createHash } from 'node:crypto'
import { type Stack, startStack } from '@rondo/testkit'
import type { Experiment } from './experiment.ts'
import { type FaultKind, faultKinds, startObjectFaults } from './object-faults.ts'
import { startOwnAgents } from './own-agents.ts'
import { pushConfig } from './push.ts'

const project = 'acme/objects'
/** Less than half pass undisturbed; one that is repeated is disturbed as often. */
const disturbedShare = 0.6
const largestBytes = 8_000_000

/** One job leaves bytes of its own in every way there is, the other looks for them. */
const configOf = (round: number) => `# round ${round}
version: 2.1
jobs:
  leave:
    docker: [{image: cimg/base:2025.05-20.04}]
    resource_class: small
    steps:
      - run: {name: make, command: 'mkdir -p left && head -c $((RANDOM * ${Math.floor(largestBytes / 32_768)})) /dev/urandom >left/bytes && sha256sum left/bytes | tee left/sum'}
      - save_cache: {key: objects-${round}, paths: [left]}
      - persist_to_workspace: {root: ., paths: [left]}
      - store_artifacts: {path: left/bytes, destination: bytes}
  find:
    docker: [{image: cimg/base:2025.05-20.04}]
    resource_class: small
    steps:
      - attach_workspace: {at: .}
      - run: {name: workspace, command: 'sha256sum -c left/sum && mv left workspace'}
      - restore_cache: {keys: [objects-${round}]}
      - run: {name: cache, command: 'sha256sum -c left/sum && cmp left/bytes workspace/bytes'}
workflows: {main: {jobs: [leave, {find: {requires: [leave]}}]}}
`

/** The object store refuses, stands still, breaks off and loses answers, for as long as jobs save and restore. */
export const objects: Experiment<{ readonly minutes: number; readonly 'at-once': number; readonly 'stall-s': number }> =
  {
    rows: 'R-08',
    what: 'transfers of caches, workspaces and artifacts are refused, stalled, broken off or lose their answers',
    full: { minutes: 60, 'at-once': 3, 'stall-s': 30 },
    async run({ minutes, 'at-once': atOnce, 'stall-s': stall }, { executor, say }) {
      const stack = await startStack({ executor, env: { RONDO_AGENT: 'none' } })
      const faults = await startObjectFaults({
        targetPort: stack.agentPort,
        choose: chooseFault,
        stallMs: stall * 1_000,
        cutAfter: () => 1 + Math.floor(Math.random() * largestBytes * 0.8),
      })
      const agents = await startOwnAgents(stack, 1, { executor, port: faults.port })
      const problems: string[] = []
      const until = Date.now() + minutes * 60_000
      let rounds = 0
      let longestMs = 0
      try {
        await stack.createProject('acme', 'objects')
        const push = inTurn()
        await Promise.all(
          Array.from({ length: atOnce }, async () => {
            while (Date.now() < until) {
              const round = ++rounds
              const begun = Date.now()
              const id = await push(async () => {
                await pushConfig(stack, project, configOf(round))
                return (await stack.latestPipeline(project)).id
              })
              problems.push(...(await problemsOf(stack, id, round)))
              longestMs = Math.max(longestMs, Date.now() - begun)
              if (round % 10 === 0) say(`round ${round}: ${JSON.stringify(faults.counts)}`)
            }
          }),
        )
      } finally {
        await Promise.all(agents.map((agent) => agent.remove()))
        await faults.stop()
        await stack.stop()
      }
      const seconds = Math.round(longestMs / 1_000)
      return { problems, figures: { workflows: rounds, ...faults.counts, 'longest workflow, s': seconds } }
    },
  }

function chooseFault(): FaultKind | undefined {
  return Math.random() < disturbedShare ? faultKinds[Math.floor(Math.random() * faultKinds.length)] : undefined
}

/** Makes calls follow one another. */
function inTurn() {
  let last: Promise<unknown> = Promise.resolve()
  return <T>(call: () => Promise<T>): Promise<T> => {
    const next = last.then(call)
    last = next.catch(() => {})
    return next
  }
}

async function problemsOf(stack: Stack, pipelineId: string, round: number): Promise<readonly string[]> {
  const workflow = await stack.waitForWorkflow(
    pipelineId,
    'main',
    ['success', 'failed', 'error', 'canceled'],
    1_800_000,
  )
  const jobs = await stack.jobs(workflow)
  const unsuccessful = jobs.filter((job) => job.status !== 'success')
  if (unsuccessful.length > 0)
    return [`round ${round}: ${unsuccessful.map((job) => `${job.name} is ${job.status}`).join(', ')}`]
  const leave = jobs.find((job) => job.name === 'leave')!
  const made = (await stack.steps(leave.id)).find((step) => step.name === 'make')!
  const sum = (await stack.output(made.id)).toString().slice(0, 64)
  const path = `/output/job/${leave.id}/artifacts/0/bytes`
  const kept = await fetch(`${stack.url}${path}`, { headers: { 'circle-token': stack.admin.token } })
  const digest = createHash('sha256')
    .update(Buffer.from(await kept.arrayBuffer()))
    .digest('hex')
  return digest === sum ? [] : [`round ${round}: the artifact is not what was made (${kept.status})`]
}
