import type { LoopState } from '@rondo/model'
import type { LoopView } from '@rondo/protocol'

/** Pauses and rounds of this much beyond a loop's own are no sign of trouble. */
const patienceMs = 60_000

/**
 * Loops as operators see them. A server none of whose loops has told of itself for longer than the shortest of them may
 * pause was ended. What another server goes on with in its place is `gone`, and no trouble; what nobody does is late.
 */
export function loopViews(loops: readonly LoopState[]): readonly LoopView[] {
  const servers = Map.groupBy(loops, (loop) => loop.server)
  const ended = new Set([...servers].filter(([, own]) => hasEnded(own)).map(([server]) => server))
  const goesOn = new Set(loops.filter((loop) => !ended.has(loop.server) && !isLate(loop)).map((loop) => loop.name))
  return loops.map((loop) => {
    const gone = ended.has(loop.server) && goesOn.has(loop.name)
    return {
      name: loop.name,
      server: loop.server,
      roundAt: loop.roundAt.toISOString(),
      tookMs: loop.tookMs,
      failedAt: loop.failedAt?.toISOString() ?? null,
      problem: loop.problem,
      late: !gone && isLate(loop),
      gone,
    }
  })
}

function hasEnded(own: readonly LoopState[]): boolean {
  const silentMs = Math.min(...own.map((loop) => loop.silentMs))
  return silentMs > Math.min(...own.map((loop) => loop.pauseMs)) + patienceMs
}

const isLate = ({ silentMs, pauseMs }: LoopState) => silentMs > pauseMs + patienceMs
