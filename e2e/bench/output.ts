import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Stack } from '@rondo/testkit'
import { type Figure, ms, quantile, ratio, timed } from './figure.ts'
import { jobOf, runConfig, workflowOf } from './one-job.ts'

/** Lines as builds print them, of a fixed text, so that nothing but the output itself takes time. */
const line = '[INFO] compile src/modules/feature/view.tsx -> dist/feature/view.js (12 kB, 34 ms)\n'

/**
 * A flood from one step, until all of it is durable at the server, its hash compared; meanwhile a neighbour prints the time
 * ten times a second to somebody who watches. The floor is the same flood through a pipe into a file, synced.
 */
export async function outputFigures(stack: Stack, image: string, megabytes: number): Promise<readonly Figure[]> {
  const bytes = megabytes * 1_000_000
  const agent = await stack.waitFor('the agent', async () =>
    Number(readFileSync(join(stack.data, 'agent/agent.pid'), 'utf8').split(/\s/)[0]),
  )
  // From here on the kernel keeps the most memory the process ever has anew.
  writeFileSync(`/proc/${agent}/clear_refs`, '5')
  const before = floodToFile(stack, bytes)
  const lags = watchLag(stack)
  const jobs = await runConfig(
    stack,
    jobOf('it', image, [`{run: {name: flood, command: "(yes '${line.trim()}' || true) | head -c ${bytes}"}}`]) +
      jobOf('quiet', image, ['{run: {name: lag, command: "for i in $(seq 100); do date +%s%3N; sleep 0.1; done"}}']) +
      workflowOf(['it', 'quiet']),
  )
  lags.stop()
  const floods = jobs.find((job) => job.name === 'it')!
  const flood = floods.steps.find((step) => step.name === 'flood')!
  const rate = bytes / 1_000 / (floods.stoppedAt - Date.parse(flood.startedAt))
  const beneath = bytes / 1_000 / Math.min(before, floodToFile(stack, bytes))
  const size = `${megabytes} MB of output`
  const equal = (await hashOf(stack, flood.id)) === expectedHash(bytes)
  return [
    {
      name: `${size} from one step, durable and ${equal ? 'hash-equal' : 'DIFFERENT'}`,
      ours: `${rate.toFixed(0)} MB/s`,
      floor: `${beneath.toFixed(0)} MB/s (pipe to a file, synced)`,
      ratio: ratio(beneath, rate),
      aim: '≥ 100 MB/s',
    },
    {
      name: `${size}, the agent's peak memory`,
      ours: `${peakMegabytes(agent).toFixed(0)} MB`,
      floor: '',
      aim: '≤ 200 MB',
    },
    {
      name: `${size}, a quiet neighbour's live lag`,
      ours: `p95 ${ms(quantile(lags.seen, 0.95))}, median ${ms(quantile(lags.seen, 0.5))} of ${lags.seen.length}`,
      floor: '',
      aim: 'p95 ≤ 300 ms',
    },
  ]
}

function floodToFile(stack: Stack, bytes: number): number {
  const file = join(stack.data, 'bench.flood')
  const script = `yes '${line.trim()}' | head -c ${bytes} | cat >'${file}' && sync '${file}'`
  const took = timed(() => spawnSync('sh', ['-c', script]))
  spawnSync('rm', ['-f', file])
  return took
}

async function hashOf(stack: Stack, stepId: string): Promise<string> {
  const hash = createHash('sha256')
  const response = await fetch(`${stack.url}/api/private/steps/${stepId}/output`, {
    headers: { 'circle-token': stack.admin.token },
  })
  for await (const bytes of response.body!) hash.update(bytes)
  return hash.digest('hex')
}

function expectedHash(bytes: number): string {
  const hash = createHash('sha256')
  const block = Buffer.from(line.repeat(10_000))
  for (let left = bytes; left > 0; left -= block.length) hash.update(block.subarray(0, Math.min(left, block.length)))
  return hash.digest('hex')
}

function peakMegabytes(pid: number): number {
  return Number(/^VmHWM:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0) / 1024
}

/** How long the times printed by the step named `lag` take to somebody who watches it. */
function watchLag(stack: Stack): { readonly seen: readonly number[]; stop(): void } {
  const seen: number[] = []
  const socket = new WebSocket(`${stack.url.replace('http', 'ws')}/live?circle-token=${stack.admin.token}`)
  socket.binaryType = 'arraybuffer'
  socket.onopen = () => socket.send(JSON.stringify({ type: 'subscribe', channel: 1, topic: { kind: 'all' } }))
  socket.onmessage = (event) => {
    if (typeof event.data !== 'string') {
      for (const [stamp] of Buffer.from(event.data)
        .toString('latin1')
        .matchAll(/\b\d{13}\b/g))
        seen.push(Date.now() - Number(stamp))
      return
    }
    const message = JSON.parse(event.data)
    if (message.type === 'event' && message.event.kind === 'step.started' && message.event.data.name === 'lag')
      socket.send(JSON.stringify({ type: 'output', channel: 2, stepId: message.event.data.stepId, offset: 0 }))
  }
  return { seen, stop: () => socket.close() }
}
