import { parentPort, workerData } from 'node:worker_threads'
import { compile } from '@rondo/config'

/** A thread that has compiled nothing yet: compiles the text it is given, and says when it is done. */
compile(String(workerData), { pipelineValues: { 'pipeline.git.branch': 'main' } })
parentPort?.postMessage('done')
