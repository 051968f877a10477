import { parentPort } from 'node:worker_threads'
import { type Block, simulateBlock } from './simulations.ts'

// One thread of `simulations`: a block of worlds for each message.
parentPort?.on('message', async (block: Block) => {
  parentPort?.postMessage(await simulateBlock(block))
})
