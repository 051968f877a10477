import type { ForecastFacts, ForecastJob } from '@rondo/model'
import { createFutureLocks } from './future-locks.ts'

/** What follows in workflows while the future is played through: everything that runs is expected to pass. */
export interface FutureWorkflows {
  /** One slice of a job has ended; answers the jobs that follow, which are to be queued, and the nodes without work whose time has come. */
  ended(jobId: string | null): Following
  /** What follows without any end. */
  begin(): Following
}

export interface Following {
  readonly queued: readonly ForecastJob[]
  /** Lock nodes that have their lock, approvals that may be given, and nodes that end at once. */
  readonly begun: readonly ForecastJob[]
}

interface Node {
  readonly job: ForecastJob
  /** Requirements on nodes that have not ended. */
  open: number
  /** Slices that have not ended. */
  slices: number
  readonly dependants: { readonly node: Node; readonly ifPassed: boolean }[]
}

type KnownWorkflows = Pick<ForecastFacts, 'jobs' | 'locks' | 'limits'>

export function createFutureWorkflows({ jobs, locks: known, limits }: KnownWorkflows): FutureWorkflows {
  const nodes = nodesOf(jobs)
  const locks = createFutureLocks(known, limits)
  const openIn = new Map([...Map.groupBy(jobs, (job) => job.workflowId)].map(([id, same]) => [id, same.length]))

  function follow(first: { readonly ready: readonly Node[]; readonly ended: readonly Node[] }): Following {
    const following = { queued: [] as ForecastJob[], begun: [] as ForecastJob[] }
    const [ready, ended] = [[...first.ready], [...first.ended]]
    const hand = (jobIds: readonly string[]) => {
      for (const node of jobIds.flatMap((id) => nodes.get(id) ?? [])) {
        following.begun.push(node.job)
        ended.push(node)
      }
    }
    while (ready.length + ended.length > 0) {
      for (const node of ready.splice(0)) {
        const { id: jobId, type, workflowId, organizationId, projectId, lockKey } = node.job
        if (type === 'build') following.queued.push(node.job)
        const entry = { organizationId, projectId, key: lockKey ?? '', jobId, workflowId }
        if (type === 'lock' && locks.request(entry)) hand([jobId])
        if (type === 'unlock') hand(locks.release(workflowId, lockKey ?? ''))
        if (type === 'approval' || type === 'no-op' || type === 'unlock') following.begun.push(node.job)
        // Nobody knows when an approval is given, and a release job does not run.
        if (type === 'no-op' || type === 'unlock') ended.push(node)
      }
      for (const node of ended.splice(0)) {
        for (const { node: next, ifPassed } of node.dependants) if (ifPassed && --next.open === 0) ready.push(next)
        const left = (openIn.get(node.job.workflowId) ?? 1) - 1
        openIn.set(node.job.workflowId, left)
        if (left === 0) hand(locks.release(node.job.workflowId))
      }
    }
    return following
  }

  return {
    begin: () =>
      follow({
        ready: [...nodes.values()].filter(({ job, open }) => job.status === 'blocked' && open === 0),
        ended: [],
      }),
    ended(jobId) {
      const node = nodes.get(jobId ?? '')
      if (node === undefined || --node.slices > 0) return { queued: [], begun: [] }
      return follow({ ready: [], ended: [node] })
    },
  }
}

/** What is not among the jobs has ended, as they wanted it to: otherwise they would have ended too. */
function nodesOf(jobs: readonly ForecastJob[]): ReadonlyMap<string, Node> {
  const nameOf = (workflowId: string, name: string) => `${workflowId} ${name}`
  const nodes = new Map<string, Node>(jobs.map((job) => [job.id, { job, open: 0, slices: job.slices, dependants: [] }]))
  const byName = new Map([...nodes.values()].map((node) => [nameOf(node.job.workflowId, node.job.name), node]))
  for (const node of nodes.values())
    for (const { node: name, statuses } of node.job.requires) {
      const required = byName.get(nameOf(node.job.workflowId, name))
      if (required === undefined) continue
      node.open++
      required.dependants.push({ node, ifPassed: statuses.includes('success') })
    }
  return nodes
}
