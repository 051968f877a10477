import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { plantedBugs } from './planted-bugs.ts'
import { type Simulation, simulate } from './simulate.ts'

export interface Request {
  readonly firstSeed: number
  /** Ends after so many worlds, or as soon as their workflows are so many. */
  readonly worlds?: number
  readonly workflows?: number
  /** Threads beside each other; default one a processor. */
  readonly threads?: number
  /** A bug of `planted-bugs.ts`, by its name. */
  readonly planted?: string
  /** Called with every world that broke an invariant. */
  readonly onBroken?: (world: Simulation) => void
}

const counted = ['pipelines', 'workflows', 'jobs', 'starts', 'commits', 'simulatedMs'] as const
export type Sums = Record<(typeof counted)[number] | 'worlds' | 'broken', number>

/** What one thread is told to do, and says when it is done. */
export interface Block {
  readonly from: number
  readonly to: number
  readonly planted: string | undefined
}

export interface BlockDone {
  readonly sums: Sums
  readonly broken: readonly Simulation[]
}

const blockSize = 20
/** Worlds are short-lived: with room for the young, most of them die before anybody sorts them. */
const resourceLimits = { maxYoungGenerationSizeMb: 48 }

/** Runs worlds from one seed on, over all processors. Which worlds are run follows from the request alone. */
export async function simulations(request: Request): Promise<Sums> {
  const sums = noSums()
  const { worlds = Number.POSITIVE_INFINITY, workflows = Number.POSITIVE_INFINITY } = request
  let next = request.firstSeed
  const end = request.firstSeed + worlds
  const take = (): Block | undefined => {
    if (next >= end || sums.workflows >= workflows) return undefined
    const from = next
    next = Math.min(end, from + blockSize)
    return { from, to: next, planted: request.planted }
  }
  const threads = Math.max(1, request.threads ?? availableParallelism())
  await Promise.all(
    Array.from({ length: threads }, () =>
      inThread(take, ({ sums: more, broken }) => {
        add(sums, more)
        for (const world of broken) request.onBroken?.(world)
      }),
    ),
  )
  return sums
}

/** One thread, which works until nothing is left to take. */
async function inThread(take: () => Block | undefined, done: (result: BlockDone) => void): Promise<void> {
  const worker = new Worker(new URL('./simulations-worker.ts', import.meta.url), { resourceLimits })
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  const goOn = () => {
    const block = take()
    if (block === undefined) resolve()
    else worker.postMessage(block)
  }
  worker.on('message', (result: BlockDone) => {
    done(result)
    goOn()
  })
  worker.once('error', reject)
  goOn()
  try {
    await promise
  } finally {
    await worker.terminate()
  }
}

/** The worlds of one block, in this thread. */
export async function simulateBlock({ from, to, planted }: Block): Promise<BlockDone> {
  const sabotage = planted === undefined ? undefined : plantedBugs[planted]
  const sums = noSums()
  const broken: Simulation[] = []
  for (let seed = from; seed < to; seed++) {
    const world = await simulate({ seed, ...(sabotage === undefined ? {} : { sabotage }) })
    add(sums, { ...world, worlds: 1, broken: world.violations.length > 0 ? 1 : 0 })
    if (world.violations.length > 0) broken.push(world)
  }
  return { sums, broken }
}

function noSums(): Sums {
  return { worlds: 0, broken: 0, pipelines: 0, workflows: 0, jobs: 0, starts: 0, commits: 0, simulatedMs: 0 }
}

function add(sums: Sums, more: Sums): void {
  for (const key of [...counted, 'worlds', 'broken'] as const) sums[key] += more[key]
}
