import { AppError, type OrbLookup } from '@rondo/model'
import { type CompileTurn, createCompileQueue } from './compile-queue.ts'
import { type CompileThread, startCompileThread, type TaskEnd, type ThreadLimits } from './compile-thread.ts'
import type { Compiler, Problem } from './compiler.ts'
import type { Work, WorkAnswer } from './work.ts'

export interface CompilerPoolOptions {
  readonly orbs?: OrbLookup
  /** Compiles at the same time; default 2. One asker never has all of them, where there are several. */
  readonly threads?: number
  /** Tasks that wait for a thread before one is refused, of whoever has most of them; default 200. */
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
  const idle: CompileThread[] = []
  const all = new Set<CompileThread>()
  const queue = createCompileQueue({
    share: Math.max(1, size - 1),
    longest: options.queue ?? 200,
    free: () => idle.pop() ?? (all.size < size ? start() : undefined),
  })
  let closed = false

  function start(): CompileThread {
    const thread = startCompileThread(limits)
    all.add(thread)
    return thread
  }

  async function run(task: Work, turn: CompileTurn = {}): Promise<WorkAnswer> {
    if (closed) throw stopping()
    const thread = await queue.take(turn)
    let end: TaskEnd = { kind: 'closed' }
    try {
      end = await thread.run(task, (requests) => fetchOrbs(options.orbs, task, requests))
    } finally {
      if (end.kind === 'answer') idle.push(thread)
      else all.delete(thread)
      queue.done(turn)
    }
    if (end.kind === 'answer') return end.answer
    return refusal(task, end.kind, limits)
  }

  return {
    compile: (request, turn) => run({ kind: 'config', ...request }, turn),
    checkOrb: async (request, turn) => {
      const { problems, imports } = await run({ kind: 'orb', ...request }, turn)
      return { problems, imports }
    },
    async close() {
      closed = true
      queue.close(stopping())
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
