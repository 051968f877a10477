import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { AppError, type AppErrorCode, type HoldOrder, type TestTiming, type TimingKey } from '@rondo/model'
import type { ControlPlane, ReportEntry, TaskSpec, UsageSeries } from '@rondo/protocol'

/** A server for one attempt that keeps its promises, and can be told to misbehave as servers and networks do. */
export interface FakeServer {
  /** When it was reached last, by `performance.now()`. */
  heardAt(): number
  /** Keeps the environment of a failed job for so long. */
  holdFor(ms: number): void
  /** What the owner of a held job asks for. */
  order(...orders: HoldOrder[]): void
  /** What the attempt used, as it was told last. */
  usage(): UsageSeries | undefined
  readonly controlPlane: ControlPlane
  readonly entries: ReportEntry[]
  /** What every step printed, by index. */
  output(step: number): string
  /** The same, byte for byte. */
  outputBytes(step: number): Buffer
  /** Where pieces of a step's output begin, and when they were printed. */
  outputTimes(step: number): readonly { readonly offset: number; readonly at: number | undefined }[]
  /** Every stored object, by its digest; what a test changes is what comes back. */
  readonly objects: Map<string, Buffer>
  /** How the job's other slices stand from now on; at first they have passed. */
  others(stand: 'open' | 'passed' | 'failed'): void
  /** Lets the owner of this key (`SHA256:…`) in over SSH. */
  admit(sha256: string, login: string): void
  /**
   * What befalls the next transfers of objects, in order: nobody is there, the connection breaks in the middle, all arrives and
   * the answer is lost, it stands still for a while, or nothing.
   */
  disturb(...faults: readonly TransferFault[]): void
  /** What is known of earlier runs of the job's tests. */
  timings(by: TimingKey, known: readonly TestTiming[]): void
  /** Until it is called with true again, every call finds nobody. */
  reachable(yes: boolean): void
  /** The next calls are carried out, and their answers lost. */
  loseAnswers(count: number): void
  /** From now on caches cannot be looked for. */
  refuseCaches(code: AppErrorCode): void
  /** Output of steps that were not reported yet is refused, as it was once. */
  beOfEarlierVersion(): void
  /** Another owner has the task: every call is refused. */
  takeAway(): void
}

export type TransferFault = 'refuse' | 'cut' | 'lose' | 'stall' | 'none'

export function createFakeServer(spec: TaskSpec): FakeServer {
  const entries: ReportEntry[] = []
  const outputs = new Map<number, Buffer>()
  const times = new Map<number, { readonly offset: number; readonly at: number | undefined }[]>()
  const objects = new Map<string, Buffer>()
  const timings = new Map<TimingKey, readonly TestTiming[]>()
  let othersAre: 'open' | 'passed' | 'failed' = 'passed'
  const admitted = new Map<string, string>()
  const faults: TransferFault[] = []
  let away = false
  let heldMs: number | null = null
  const orders: HoldOrder[] = []
  let series: UsageSeries | undefined
  let heardAt = performance.now()
  let reportedAt = heardAt
  let lose = 0
  let gone = false
  let granted = false
  let earlier = false
  let refusal: AppErrorCode | undefined

  const layers = () => entries.filter((entry) => entry.type === 'workspace-persisted')

  /** Jobs that attach begin when those that persisted are over. Tests do both in one, whose agent tells of it when it comes to it. */
  async function persistingIsOver(): Promise<void> {
    for (const asked = performance.now(); performance.now() - asked < 2_000; await sleep(10))
      if (layers().length > 0 && performance.now() - reportedAt > 250) return
  }

  const broken = () => new AppError('unavailable', 'the store does not answer')

  async function answer<T>(carryOut: () => T): Promise<T> {
    await new Promise((resolve) => setImmediate(resolve))
    if (!away) heardAt = performance.now()
    if (away) throw new AppError('unavailable', 'nobody is there')
    if (gone) throw new AppError('gone', 'another owner has the task')
    const result = carryOut()
    if (lose === 0) return result
    lose -= 1
    throw new AppError('unavailable', 'the answer was lost')
  }

  const controlPlane: ControlPlane = {
    hello: () => answer(() => ({ agentId: 'agent', leaseMs: 30_000 })),
    claim: () => answer(() => []),
    grant: () =>
      answer(() => {
        if (granted) throw new AppError('conflict', 'granted before')
        granted = true
        return spec
      }),
    resume: () => answer(() => spec),
    heartbeat: () => answer(() => ({ stop: [] })),
    checkIn: () => answer(() => ({ drain: false })),
    report: ({ from, entries: sent }) =>
      answer(() => {
        reportedAt = performance.now()
        if (from <= entries.length + 1) entries.push(...sent.slice(entries.length + 1 - from))
        return { acknowledged: entries.length }
      }),
    appendOutput: (_ref, step, offset, bytes, at) =>
      answer(() => {
        if (earlier && !entries.some((entry) => entry.type === 'step-started' && entry.step === step))
          throw new AppError('conflict', `step ${step} was not reported as started`)
        const known = outputs.get(step) ?? Buffer.alloc(0)
        if (offset > known.length) return { size: known.length }
        const grown = Buffer.concat([known, bytes.subarray(known.length - offset)])
        outputs.set(step, grown)
        if (grown.length > known.length) times.set(step, [...(times.get(step) ?? []), { offset: known.length, at }])
        return { size: grown.length }
      }),
    async uploadObject(_ref, bytes) {
      const fault = faults.shift()
      if (fault === 'refuse') throw broken()
      const chunks: Uint8Array[] = []
      for await (const chunk of bytes) {
        chunks.push(Buffer.from(chunk))
        if (fault === 'cut') throw broken()
        if (fault === 'stall') await sleep(20)
      }
      const content = Buffer.concat(chunks)
      const digest = createHash('sha256').update(content).digest('hex')
      objects.set(digest, content)
      if (fault === 'lose') throw broken()
      return { digest, size: content.length }
    },
    async downloadObject(_ref, digest) {
      const bytes = objects.get(digest)
      if (bytes === undefined) throw new AppError('not-found', 'there is no such object')
      const fault = faults.shift()
      if (fault === 'refuse') throw broken()
      return (async function* () {
        for (let at = 0; at < bytes.length; at += 65_536) {
          if ((fault === 'cut' || fault === 'lose') && at >= bytes.length / 2) throw broken()
          if (fault === 'stall') await sleep(1)
          yield bytes.subarray(at, at + 65_536)
        }
      })()
    },
    reportUsage: (_ref, usage) =>
      answer(() => {
        series = usage
      }),
    beginHold: () => answer(() => ({ forMs: heldMs })),
    endHold: () =>
      answer(() => {
        gone = true
      }),
    async holdOrders(_ref, after, _waitMs, signal) {
      for (;;) {
        const fresh = await answer(() => orders.slice(after).map((order, at) => ({ id: after + at + 1, order })))
        if (fresh.length > 0 || signal.aborted) return fresh
        await sleep(5)
      }
    },
    findCache: (_ref, keys) =>
      answer(() => {
        if (refusal !== undefined) throw new AppError(refusal, 'looking for caches is refused')
        for (const key of keys) {
          const saved = entries.findLast((entry) => entry.type === 'cache-saved' && entry.key.startsWith(key))
          if (saved?.type === 'cache-saved') return { ...saved, createdAt: '2026-01-01T00:00:00Z' }
        }
        return undefined
      }),
    hasCache: () => answer(() => false),
    // As if the job were its own successor.
    async findWorkspace() {
      await persistingIsOver()
      return answer(() => layers().map(({ object }) => ({ ...object, job: 'it', slice: 0, after: [] })))
    },
    otherSlices: () => answer(() => ({ others: othersAre })),
    admitSsh: (_ref, sha256) => answer(() => ({ login: admitted.get(sha256) ?? null })),
    mintToken: (_ref, wanted) => answer(() => ({ token: `token for ${JSON.stringify(wanted)}` })),
    findTimings: (_ref, by) => answer(() => timings.get(by) ?? []),
  }

  return {
    controlPlane,
    entries,
    heardAt: () => heardAt,
    holdFor(ms) {
      heldMs = ms
    },
    order: (...given) => void orders.push(...given),
    usage: () => series,
    objects,
    outputTimes: (step) => times.get(step) ?? [],
    outputBytes: (step) => outputs.get(step) ?? Buffer.alloc(0),
    output: (step) => (outputs.get(step) ?? Buffer.alloc(0)).toString(),
    disturb: (...more) => void faults.push(...more),
    others(stand) {
      othersAre = stand
    },
    admit: (sha256, login) => void admitted.set(sha256, login),
    timings: (by, known) => void timings.set(by, known),
    reachable(yes) {
      away = !yes
    },
    loseAnswers(count) {
      lose = count
    },
    refuseCaches(code) {
      refusal = code
    },
    beOfEarlierVersion() {
      earlier = true
    },
    takeAway() {
      gone = true
    },
  }
}
