import { AppError } from '@rondo/model'

/** Who wants something compiled, and for how long they wait. */
export interface CompileTurn {
  /** Requests of one asker stand behind each other and hold up nobody else. Left out: all such requests are of one asker. */
  readonly asker?: string
  /** Aborted when nobody waits for the answer any more: what has not begun is dropped, what has ends by itself soon. */
  readonly signal?: AbortSignal
}

interface Waiting<Thread> {
  readonly asker: string
  readonly go: (thread: Thread) => void
  readonly refuse: (reason: AppError) => void
}

export interface CompileQueueOptions<Thread> {
  /** Threads that one asker may have at once; the others are there for everybody else at any moment. */
  readonly share: number
  /** Requests that wait before one is refused. */
  readonly longest: number
  /** A thread that is free now; undefined when none is. */
  readonly free: () => Thread | undefined
}

/** Hands threads out: askers take turns, so that whoever sends much waits for themselves alone. */
export interface CompileQueue<Thread> {
  /** Waits for a thread. AppError `unavailable`: too many wait, or nobody waits for this one any more. */
  take(turn: CompileTurn): Promise<Thread>
  /** What `take` gave was used; to be called when a thread is free again. */
  done(turn: CompileTurn): void
  /** Refuses everybody who waits. */
  close(reason: AppError): void
}

export function createCompileQueue<Thread>(options: CompileQueueOptions<Thread>): CompileQueue<Thread> {
  const { share, longest, free } = options
  /** By asker; whose turn is next comes first. */
  const lines = new Map<string, Waiting<Thread>[]>()
  const running = new Map<string, number>()
  const runningOf = (asker: string) => running.get(asker) ?? 0
  const nameOf = ({ asker = '' }: CompileTurn) => asker

  function assign(): void {
    for (;;) {
      const [asker, line] = [...lines].find(([name]) => runningOf(name) < share) ?? []
      const thread = line === undefined ? undefined : free()
      if (asker === undefined || line === undefined || thread === undefined) return
      const [next, ...others] = line
      lines.delete(asker)
      if (others.length > 0) lines.set(asker, others)
      running.set(asker, runningOf(asker) + 1)
      next?.go(thread)
    }
  }

  function leave(waiting: Waiting<Thread>): void {
    const left = lines.get(waiting.asker)?.filter((other) => other !== waiting) ?? []
    if (left.length > 0) lines.set(waiting.asker, left)
    else lines.delete(waiting.asker)
  }

  /** Too many wait: the last of whoever has most of them goes, and of equals the one that came now. */
  function shorten(came: Waiting<Thread>): void {
    const own = lines.get(came.asker)?.length ?? 0
    const most = [...lines.values()].reduce((a, b) => (b.length > a.length ? b : a))
    const victim = most.length > own ? most.at(-1)! : came
    leave(victim)
    victim.refuse(
      new AppError('unavailable', `${longest} configs wait to be compiled already. Try again in a few seconds.`),
    )
  }

  return {
    async take(turn) {
      const { signal } = turn
      if (signal?.aborted) throw unwanted()
      return new Promise<Thread>((resolve, reject) => {
        const drop = () => {
          leave(waiting)
          waiting.refuse(unwanted())
        }
        const settled = () => signal?.removeEventListener('abort', drop)
        const waiting: Waiting<Thread> = {
          asker: nameOf(turn),
          go: (thread) => {
            settled()
            resolve(thread)
          },
          refuse: (reason) => {
            settled()
            reject(reason)
          },
        }
        signal?.addEventListener('abort', drop)
        lines.set(waiting.asker, [...(lines.get(waiting.asker) ?? []), waiting])
        assign()
        const count = [...lines.values()].reduce((sum, line) => sum + line.length, 0)
        if (count > longest) shorten(waiting)
      })
    },
    done(turn) {
      const left = runningOf(nameOf(turn)) - 1
      if (left > 0) running.set(nameOf(turn), left)
      else running.delete(nameOf(turn))
      assign()
    },
    close(reason) {
      const all = [...lines.values()].flat()
      lines.clear()
      for (const waiting of all) waiting.refuse(reason)
    },
  }
}

function unwanted(): AppError {
  return new AppError('unavailable', 'Nobody waits for this compile any more.')
}
