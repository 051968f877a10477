import { boxSealer, newBoxKey } from '@rondo/adapters'
import { type Figure, median, timed } from './figure.ts'

const [bytes, rounds, unmeasured] = [15_000, 2_000, 200]
const content = { kind: 'task', attemptId: '01a2023c-5a9c-7ccb-8d99-b9d5e8cba8f8', epoch: 1 } as const

/** What it costs the server and the agent that a task crosses sealed; beside it, what it is to write and read it as JSON. */
export function boxFigures(): readonly Figure[] {
  const task = { secrets: Array.from({ length: bytes / 50 }, (_, at) => `${at}`.padStart(47, 'x')) }
  const text = JSON.stringify(task)
  const key = newBoxKey()
  const box = boxSealer.seal(text, key.publicHalf, content)
  const json = `${took(() => JSON.parse(JSON.stringify(task))).toFixed(2)} ms`
  const server = took(() => boxSealer.seal(text, key.publicHalf, content))
  const agent = took(newBoxKey) + took(() => key.open(box, content))
  return [
    { name: 'seal a task of 15 kB', ours: `${server.toFixed(2)} ms`, floor: json, aim: '≤ 0.5 ms' },
    { name: 'make a key, and open it', ours: `${agent.toFixed(2)} ms`, floor: json, aim: '≤ 0.5 ms' },
  ]
}

function took(run: () => unknown): number {
  return median(Array.from({ length: rounds }, () => timed(run)).slice(unmeasured))
}
