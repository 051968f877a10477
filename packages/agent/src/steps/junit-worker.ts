import { parentPort } from 'node:worker_threads'
import { parseJunit } from './junit.ts'

// The other end is `junit-reader.ts`: one file at a time, answered in order.
parentPort?.on('message', (file: Uint8Array) => parentPort?.postMessage(parseJunit(file)))
