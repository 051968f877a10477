import { AppError, type OrbLookup } from '@rondo/model'
import { type CompileThread, startCompileThread, type TaskEnd, type ThreadLimits } from './compile-thread.ts'
import type { Compiler, Problem } from './compiler.ts'
import type { Work, WorkAnswer } from './work.ts'

export interface CompilerPoolOptions {
  readonly orbs?: OrbLookup
  /** Compiles at the same time; default 2. */
  readonly threads?: number
  /** Tasks that wait for a thread before others are refused; default 200. */
  readonly queue?: number
  /** Default: 2 s of processor time, 20 s on a busy machine, 256 MB. */
  readonly limits?: Partial<ThreadLimits>
}

const defaultThreadLimits: ThreadLimits = { cpuMs: 2_000, wallMs: 20_000, memoryMb: 256 }

/**
 * Compiles in threads of their own, each with bounds on processor time and memory, so that no config can hold up the
 * server (rules D-13, S-27). Threads start with the first task and are replaced when one had to be killed.
 */
export function createCompilerPool(options: CompilerPoolOptions = {}): Compiler {
  const limits = { ...defaultThreadLimits, ...options.limits }
  const size = options.threads ?? 2
  const longest = options.queue ?? 200
  const idle: CompileThread[] = []
  const all = new Set<CompileThread>()
  const waiting: ((thread: CompileThread | undefined) => void)[] = []
  let closed = false

  async function take(): Promise<CompileThread> {
    if (closed) throw stopping()
    const free = idle.pop()
    if (free !== undefined) return free
    if (all.size < size) return start()
    if (waiting.length >= longest)
      throw new AppError('unavailable', `${longest} configs wait to be compiled already. Try again in a few seconds.`)
    const thread = await new Promise<CompileThread | undefined>((resolve) => waiting.push(resolve))
    if (thread === undefined) throw stopping()
    return thread
  }

  function start(): CompileThread {
    const thread = startCompileThread(limits)
    all.add(thread)
    return thread
  }

  function give(thread: CompileThread): void {
    const next = waiting.shift()
    if (next === undefined) idle.push(thread)
    else next(thread)
  }

  async function run(task: Work): Promise<WorkAnswer> {
    const thread = await take()
    let end: TaskEnd = { kind: 'closed' }
    try {
      end = await thread.run(task, (requests) => fetchOrbs(options.orbs, task, requests))
    } finally {
      if (end.kind === 'answer') give(thread)
      else replace(thread)
    }
    if (end.kind === 'answer') return end.answer
    return refusal(task, end.kind, limits)
  }

  function replace(thread: CompileThread): void {
    all.delete(thread)
    const next = waiting.shift()
    next?.(closed ? undefined : start())
  }

  return {
    compile: (request) => run({ kind: 'config', ...request }),
    checkOrb: async (request) => {
      const { problems, imports } = await run({ kind: 'orb', ...request })
      return { problems, imports }
    },
    async close() {
      closed = true
      for (const next of waiting.splice(0)) next(undefined)
      await Promise.all([...all].map((thread) => thread.close()))
    },
  }
}

function stopping(): AppError {
  return new AppError('unavailable', 'The server is stopping. Try again when it has started.')
}

async function fetchOrbs(orbs: OrbLookup | undefined, task: Work, requests: Parameters<OrbLookup['resolve']>[0]) {
  return (await orbs?.resolve(requests, task.organizationId)) ?? requests.map(() => undefined)
}

/** A thread that had to be ended, as a mistake of the config like any other. */
function refusal(task: Work, kind: 'too-slow' | 'too-large' | 'closed', limits: ThreadLimits): WorkAnswer {
  const what = task.kind === 'orb' ? 'orb' : 'config'
  const message = {
    'too-slow': `Compiling the ${what} takes more than ${limits.cpuMs / 1000} s of processor time`,
    'too-large': `Compiling the ${what} takes more than ${limits.memoryMb} MB of memory`,
    closed: `The compiler ended while it worked on the ${what}`,
  }[kind]
  const hint =
    kind === 'closed'
      ? 'Try again; if it happens again, the log of the server says more'
      : 'Make it smaller: fewer aliases, a smaller matrix, fewer nested commands'
  const file = task.file ?? (task.kind === 'orb' ? 'orb.yml' : 'config.yml')
  const problem: Problem = {
    code: kind === 'closed' ? 'internal' : 'limit',
    severity: 'error',
    span: { file, start: 0, end: 1 },
    message,
    hint,
    text: `${file}: error: ${message} [limit]\n  hint: ${hint}`,
  }
  return { plan: undefined, output: undefined, parameters: {}, problems: [problem], imports: [] }
}
