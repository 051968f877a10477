import { Worker } from 'node:worker_threads'
import type { ParsedJunit } from './junit.ts'

export interface JunitReader {
  /** Never rejects: what cannot be read is answered as a problem. */
  read(file: Uint8Array): Promise<ParsedJunit>
  close(): Promise<void>
}

const longestMs = 60_000

/**
 * Reads JUnit XML in a thread of its own: however large or odd the files of a job are, other tasks of the agent go on (rule
 * D-13). A file that takes too long or too much memory costs itself only.
 */
export function openJunitReader(longest = longestMs): JunitReader {
  let worker: Worker | undefined
  return {
    async read(file) {
      const used = worker ?? newWorker()
      worker = used
      const answer = await new Promise<ParsedJunit | undefined>((resolve) => {
        const late = setTimeout(() => end(), longest)
        const gone = () => end()
        const end = (parsed?: ParsedJunit) => {
          clearTimeout(late)
          used.off('message', end).off('error', gone).off('exit', gone)
          resolve(parsed)
        }
        used.on('message', end).on('error', gone).on('exit', gone)
        used.postMessage(file)
      })
      if (answer !== undefined) return answer
      worker = undefined
      await used.terminate()
      return { tests: [], problem: 'reading it took too long, or too much memory' }
    },
    async close() {
      await worker?.terminate()
    },
  }
}

function newWorker(): Worker {
  const worker = new Worker(new URL('./junit-worker.ts', import.meta.url), {
    resourceLimits: { maxOldGenerationSizeMb: 1_024 },
  })
  // Whoever reads hears of it; between files nobody needs to.
  worker.on('error', () => {})
  return worker
}
