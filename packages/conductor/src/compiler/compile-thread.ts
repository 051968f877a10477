import { Worker } from 'node:worker_threads'
import type { OrbAnswer, OrbRequest } from '@rondo/model'
import type { Work, WorkAnswer } from './work.ts'
import type { FromWorker, ToWorker } from './worker.ts'

export interface ThreadLimits {
  /** Processor time one task may use. */
  readonly cpuMs: number
  /** Time one task may take on a machine that is busy with other things; waiting for orbs does not count. */
  readonly wallMs: number
  readonly memoryMb: number
}

export type TaskEnd =
  | { readonly kind: 'answer'; readonly answer: WorkAnswer }
  | { readonly kind: 'too-slow' | 'too-large' | 'closed' }

type Fetch = (requests: readonly OrbRequest[]) => Promise<readonly OrbAnswer[]>

/** One thread that compiles one task after another. After any end but `answer` it is gone. */
export interface CompileThread {
  run(task: Work, fetch: Fetch): Promise<TaskEnd>
  close(): Promise<void>
}

/** How often a running task's processor time is looked at. */
const lookMs = 50
const program = new URL('./worker.ts', import.meta.url)

export function startCompileThread(limits: ThreadLimits): CompileThread {
  const worker = new Worker(program, {
    resourceLimits: { maxOldGenerationSizeMb: limits.memoryMb, maxYoungGenerationSizeMb: 32, stackSizeMb: 4 },
    env: {},
    execArgv: ['--disable-warning=ExperimentalWarning'],
  })
  // An idle thread keeps nobody from ending.
  worker.unref()
  worker.on('error', () => {})
  let ended = false
  // Loading the program is nobody's task and counts for none.
  const loaded = new Promise<void>((resolve) => {
    worker.once('message', () => resolve())
    worker.once('exit', () => {
      ended = true
      resolve()
    })
  })

  return {
    async run(task, fetch) {
      worker.ref()
      await loaded
      return ended ? { kind: 'closed' } : runTask(worker, limits, task, fetch)
    },
    close: async () => void (await worker.terminate()),
  }
}

async function runTask(worker: Worker, limits: ThreadLimits, task: Work, fetch: Fetch): Promise<TaskEnd> {
  const talk = openConversation(worker)
  const watch = await startWatch(worker, limits)
  try {
    talk.send({ task })
    for (;;) {
      const reply = await Promise.race([talk.next(), watch.exceeded])
      if ('kind' in reply) {
        if (reply.kind !== 'closed') await worker.terminate()
        return reply
      }
      if ('answer' in reply) return { kind: 'answer', answer: reply.answer }
      watch.pause()
      const orbs = await fetch(reply.needs)
      watch.resume()
      talk.send({ orbs })
    }
  } catch (error) {
    // The orbs could not be read; the thread holds half a task and is not used again.
    await worker.terminate()
    throw error
  } finally {
    watch.stop()
    talk.close()
  }
}

type Reply = Exclude<FromWorker, 'ready'> | TaskEnd

/** Messages in turn; an end of the thread is one too. */
function openConversation(worker: Worker) {
  let deliver: (reply: Reply) => void = () => {}
  let arrived: Promise<Reply>
  const expect = () => {
    arrived = new Promise((resolve) => (deliver = resolve))
  }
  expect()
  const onMessage = (reply: Exclude<FromWorker, 'ready'>) => deliver(reply)
  const onError = (error: Error) => deliver({ kind: isOutOfMemory(error) ? 'too-large' : 'closed' })
  const onExit = () => deliver({ kind: 'closed' })
  worker.on('message', onMessage).on('error', onError).on('exit', onExit)
  return {
    send(message: ToWorker) {
      worker.postMessage(message)
    },
    async next() {
      const reply = await arrived
      expect()
      return reply
    },
    close() {
      worker.unref()
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
    },
  }
}

function isOutOfMemory(error: Error): boolean {
  return 'code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY'
}

/** Watches what a task uses. Processor time is what counts: a busy machine does not make a good config bad. */
async function startWatch(worker: Worker, limits: ThreadLimits) {
  let exceed: (end: TaskEnd) => void = () => {}
  const exceeded = new Promise<TaskEnd>((resolve) => (exceed = resolve))
  const before = await cpuOf(worker)
  let wallMs = 0
  let since = Date.now()
  let paused = false
  const timer = setInterval(() => void look(), lookMs)

  async function look(): Promise<void> {
    if (paused) return
    const cpuMs = (await cpuOf(worker)) - before
    if (cpuMs > limits.cpuMs || wallMs + Date.now() - since > limits.wallMs) exceed({ kind: 'too-slow' })
  }
  return {
    exceeded,
    pause() {
      paused = true
      wallMs += Date.now() - since
    },
    resume() {
      paused = false
      since = Date.now()
    },
    stop: () => clearInterval(timer),
  }
}

/** Milliseconds of processor time a thread has used; 0 when it has ended. */
async function cpuOf(worker: Worker): Promise<number> {
  const usage = await worker.cpuUsage().catch(() => ({ user: 0, system: 0 }))
  return (usage.user + usage.system) / 1000
}
