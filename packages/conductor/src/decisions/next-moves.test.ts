import {
  isFinalJobStatus,
  isFinalWorkflowStatus,
  type JobStatus,
  mayBecome,
  type NodeType,
  type RequiredStatus,
  type WorkflowStatus,
} from '@rondo/model'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JobState } from './job-state.ts'
import { nextMoves, workflowStatus } from './next-moves.ts'

describe('what starts', () => {
  test.each<{ what: string; jobs: readonly JobState[]; moves: Readonly<Record<string, string>> }>([
    { what: 'a job that requires nothing is queued', jobs: [job('a')], moves: { a: 'queued' } },
    {
      what: 'an approval that requires nothing holds',
      jobs: [job('a', { type: 'approval' })],
      moves: { a: 'on_hold' },
    },
    {
      what: 'a node without work succeeds at once, and what requires it starts',
      jobs: [job('a', { type: 'no-op' }), job('b', { requires: ['a'] })],
      moves: { a: 'success', b: 'queued' },
    },
    {
      what: 'a job waits for a running requirement',
      jobs: [job('a', { status: 'running' }), job('b', { requires: ['a'] })],
      moves: {},
    },
    {
      what: 'a job starts when all it requires succeeded',
      jobs: [job('a', { status: 'success' }), job('b', { status: 'success' }), job('c', { requires: ['a', 'b'] })],
      moves: { c: 'queued' },
    },
    {
      what: 'a job waits for the last of its requirements',
      jobs: [job('a', { status: 'success' }), job('b', { status: 'on_hold' }), job('c', { requires: ['a', 'b'] })],
      moves: {},
    },
    {
      what: 'a failure ends what requires success, all the way down',
      jobs: [job('a', { status: 'failed' }), job('b', { requires: ['a'] }), job('c', { requires: ['b'] })],
      moves: { b: 'not_run', c: 'not_run' },
    },
    {
      what: 'a failure is known at once, though another requirement still runs',
      jobs: [job('a', { status: 'failed' }), job('b', { status: 'running' }), job('c', { requires: ['a', 'b'] })],
      moves: { c: 'not_run' },
    },
    {
      what: 'a job that requires a failure starts after one',
      jobs: [job('a', { status: 'failed' }), job('b', { requires: [{ node: 'a', statuses: ['failed'] }] })],
      moves: { b: 'queued' },
    },
    {
      what: 'a job that requires a failure does not run after a success',
      jobs: [job('a', { status: 'success' }), job('b', { requires: [{ node: 'a', statuses: ['failed'] }] })],
      moves: { b: 'not_run' },
    },
    {
      what: 'a job that takes any ending starts after a cancel',
      jobs: [
        job('a', { status: 'canceled' }),
        job('b', { requires: [{ node: 'a', statuses: ['success', 'failed', 'canceled', 'not_run'] }] }),
      ],
      moves: { b: 'queued' },
    },
    {
      what: 'a time-out counts as a failure',
      jobs: [job('a', { status: 'timedout' }), job('b', { requires: [{ node: 'a', statuses: ['failed'] }] })],
      moves: { b: 'queued' },
    },
    {
      what: 'a lost job counts as a failure',
      jobs: [
        job('a', { status: 'infrastructure_fail' }),
        job('b', { requires: [{ node: 'a', statuses: ['failed'] }] }),
      ],
      moves: { b: 'queued' },
    },
    {
      what: 'a refused job lets nothing start that requires success',
      jobs: [job('a', { status: 'unauthorized' }), job('b', { requires: ['a'] })],
      moves: { b: 'not_run' },
    },
    {
      what: 'a requirement that is not in the graph can never be met',
      jobs: [job('a', { requires: ['gone'] })],
      moves: { a: 'not_run' },
    },
    {
      what: 'the order of the list does not matter',
      jobs: [job('c', { requires: ['b'] }), job('b', { requires: ['a'], type: 'no-op' }), job('a', { type: 'no-op' })],
      moves: { a: 'success', b: 'success', c: 'queued' },
    },
    {
      what: 'what has started is left alone',
      jobs: [
        job('a', { status: 'queued' }),
        job('b', { status: 'running' }),
        job('c', { status: 'on_hold' }),
        job('d', { status: 'canceled' }),
      ],
      moves: {},
    },
  ])('$what [I-034]', ({ jobs, moves }) => {
    const decision = nextMoves(jobs)

    expect(Object.fromEntries(decision.moves.map((move) => [move.jobId, move.to]))).toEqual(moves)
  })
})

describe('the status of a workflow', () => {
  test.each<[readonly JobStatus[], WorkflowStatus]>([
    [['success', 'success'], 'success'],
    [['success', 'not_run'], 'success'],
    [['not_run'], 'not_run'],
    [['success', 'failed', 'not_run'], 'failed'],
    [['timedout'], 'failed'],
    [['infrastructure_fail', 'success'], 'failed'],
    [['terminated-unknown'], 'failed'],
    [['success', 'canceled', 'failed'], 'canceled'],
    [['unauthorized', 'not_run'], 'unauthorized'],
    [['unauthorized', 'failed'], 'failed'],
    [['running', 'blocked'], 'running'],
    [['queued'], 'running'],
    [['running', 'failed'], 'failing'],
    [['on_hold', 'blocked', 'success'], 'on_hold'],
    [['on_hold', 'running'], 'running'],
  ])('jobs %j make it %s [I-033]', (jobs, expected) => {
    expect(workflowStatus(jobs)).toBe(expected)
  })
})

describe('any graph, any endings', () => {
  const endings: readonly JobStatus[] = [
    'success',
    'failed',
    'canceled',
    'timedout',
    'infrastructure_fail',
    'unauthorized',
  ]
  const statuses: readonly RequiredStatus[] = ['success', 'failed', 'canceled', 'unauthorized', 'not_run']
  const types: readonly NodeType[] = ['build', 'build', 'build', 'approval', 'no-op']

  /** Acyclic by construction: a node requires earlier ones only; then the list is shuffled by `order`. */
  const graphs = fc
    .array(
      fc.record({
        type: fc.constantFrom(...types),
        edges: fc.array(fc.record({ back: fc.nat(8), statuses: fc.subarray([...statuses], { minLength: 1 }) }), {
          maxLength: 4,
        }),
        order: fc.nat(),
      }),
      { minLength: 1, maxLength: 14 },
    )
    .map((nodes) =>
      nodes
        .map((node, at) => ({
          order: node.order,
          state: job(`n${at}`, {
            type: node.type,
            requires:
              at === 0
                ? []
                : dedupe(
                    node.edges.map((edge) => ({
                      node: `n${Math.max(0, at - 1 - edge.back)}`,
                      statuses: edge.statuses,
                    })),
                  ),
          }),
        }))
        .sort((a, b) => a.order - b.order)
        .map((entry) => entry.state),
    )

  test('every job ends once, none starts before its requirements are met, and the workflow ends with them [I-024] [I-033] [I-034]', () => {
    fc.assert(
      fc.property(
        graphs,
        fc.array(fc.tuple(fc.nat(), fc.constantFrom(...endings)), { minLength: 20, maxLength: 40 }),
        (graph, choices) => {
          const { history, status } = drive(graph, choices)

          for (const node of graph) {
            const path = history.get(node.id) ?? []
            expect(path.filter(isFinalJobStatus)).toHaveLength(1)
            expect(isFinalJobStatus(path.at(-1)!)).toBe(true)
          }
          expect(isFinalWorkflowStatus(status)).toBe(true)
        },
      ),
      { numRuns: 500 },
    )
  })
})

/** Carries decisions out over a graph held in memory; ends one active job after the other, as the choices say. */
function drive(
  graph: readonly JobState[],
  choices: readonly (readonly [number, JobStatus])[],
): { history: ReadonlyMap<string, JobStatus[]>; status: WorkflowStatus } {
  let jobs = graph
  const history = new Map<string, JobStatus[]>(graph.map((node) => [node.id, []]))
  const become = (id: string, to: JobStatus) => {
    const from = jobs.find((node) => node.id === id)!.status
    expect(mayBecome(from, to), `${from} → ${to}`).toBe(true)
    history.get(id)!.push(to)
    jobs = jobs.map((node) => (node.id === id ? { ...node, status: to } : node))
  }
  for (let turn = 0; ; turn++) {
    const decision = nextMoves(jobs)
    for (const move of decision.moves) {
      if (move.to !== 'not_run') requireEnded(jobs, move.jobId)
      become(move.jobId, move.to)
    }
    expect(decision.status).toBe(workflowStatus(jobs.map((node) => node.status)))
    const active = jobs.filter((node) => node.status === 'queued' || node.status === 'on_hold')
    if (active.length === 0) return { history, status: decision.status }
    const [pick, ending] = choices[turn % choices.length]!
    const chosen = active[pick % active.length]!
    if (chosen.status === 'on_hold') become(chosen.id, ending === 'canceled' ? 'canceled' : 'success')
    else {
      if (ending !== 'unauthorized') become(chosen.id, 'running')
      become(chosen.id, ending === 'unauthorized' ? 'failed' : ending)
    }
  }
}

function requireEnded(jobs: readonly JobState[], id: string): void {
  for (const requirement of jobs.find((node) => node.id === id)!.requires) {
    const status = jobs.find((node) => node.name === requirement.node)!.status
    const counted: RequiredStatus =
      status === 'timedout' || status === 'infrastructure_fail' ? 'failed' : (status as RequiredStatus)
    expect(requirement.statuses, `${id} started while ${requirement.node} was ${status}`).toContain(counted)
  }
}

function dedupe<T extends { node: string }>(requirements: readonly T[]): readonly T[] {
  return [...new Map(requirements.map((requirement) => [requirement.node, requirement])).values()]
}

interface JobParts {
  readonly type?: NodeType
  readonly status?: JobStatus
  readonly lockKey?: string
  readonly requires?: readonly (string | { readonly node: string; readonly statuses: readonly RequiredStatus[] })[]
}

function job(name: string, parts: JobParts = {}): JobState {
  const requires = (parts.requires ?? []).map((requirement) =>
    typeof requirement === 'string' ? { node: requirement, statuses: ['success'] as const } : requirement,
  )
  return {
    id: name,
    name,
    type: parts.type ?? 'build',
    status: parts.status ?? 'blocked',
    requires,
    lockKey: parts.lockKey ?? null,
  }
}
