import { parentPort } from 'node:worker_threads'
import type { OrbAnswer, OrbRequest } from '@rondo/model'
import { type Work, type WorkAnswer, work } from './work.ts'

/** To the worker: a task, or the orbs the one at hand asked for. */
export type ToWorker = { readonly task: Work } | { readonly orbs: readonly OrbAnswer[] }
/** From the worker: once that its program is loaded; then what a task needs, or what came out. */
export type FromWorker = 'ready' | { readonly needs: readonly OrbRequest[] } | { readonly answer: WorkAnswer }

/** The program of one compiling thread: one task at a time, asked and answered in turns. */
let steps: ReturnType<typeof work> | undefined

parentPort?.on('message', (message: ToWorker) => {
  if ('task' in message) steps = work(message.task)
  const step = 'task' in message ? steps?.next() : steps?.next(message.orbs)
  if (step === undefined) return
  const reply: FromWorker = step.done ? { answer: step.value } : { needs: step.value }
  parentPort?.postMessage(reply)
})

parentPort?.postMessage('ready' satisfies FromWorker)
