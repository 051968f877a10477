import { spawnSync } from 'node:child_process'
import { type Stack, startStack } from '@rondo/testkit'
import { type Figure, median, ms, quantile, timed } from './figure.ts'

const rounds = 30

/** From the push's acceptance to the first byte of the first step in a subscribed client, in a container. */
export async function dockerFirstByte(stack: Stack, image: string): Promise<Figure> {
  const { ours, floor } = await measure(stack, image, () => containerStart(image))
  const over = ours.map((time, index) => time - floor[index]!)
  return {
    name: 'push accepted to first byte',
    ours: `median ${ms(median(ours))}, p95 ${ms(quantile(ours, 0.95))}`,
    floor: `${ms(median(floor))} (engine: create + start)`,
    aim: `floor + 200 ms / + 500 ms; over the floor: ${ms(median(over))} / ${ms(quantile(over, 0.95))}`,
  }
}

/** The same without a container engine, on a server of its own. */
export async function sandboxFirstByte(): Promise<Figure> {
  const stack = await startStack({ executor: 'sandbox' })
  try {
    await stack.createProject('bench', 'app')
    const { ours, floor } = await measure(stack, 'cimg/base:current', namespacesStart)
    return {
      name: 'push accepted to first byte, host sandbox',
      ours: `median ${ms(median(ours))}, p95 ${ms(quantile(ours, 0.95))}`,
      floor: `${ms(median(floor))} (unshare: bare namespaces)`,
      aim: '≤ 250 ms median',
    }
  } finally {
    await stack.stop()
  }
}

async function measure(stack: Stack, image: string, floorOf: () => number) {
  const config = `version: 2.1\njobs: {it: {docker: [{image: '${image}'}], steps: [{run: {name: hello, command: echo hello}}]}}\nworkflows: {main: {jobs: [it]}}\n`
  const ours: number[] = []
  const floor: number[] = []
  for (let round = 0; round < rounds; round++) {
    floor.push(floorOf())
    const seen = watchFirstByte(stack)
    await seen.ready
    stack.push('bench/app', { '.circleci/config.yml': config, round: String(round) })
    const accepted = Date.parse(
      (await stack.api<{ items: { created_at: string }[] }>('GET', '/api/v2/project/gh/bench/app/pipeline')).items[0]!
        .created_at,
    )
    ours.push((await seen.at) - accepted)
    await stack.waitForWorkflow((await stack.latestPipeline('bench/app')).id, 'main', ['success'])
  }
  return { ours, floor }
}

/** Time at which the first byte of a step named hello arrives over the live channel, by the clock that stamps pipelines. */
function watchFirstByte(stack: Stack): { ready: Promise<void>; at: Promise<number> } {
  const ready = Promise.withResolvers<void>()
  const at = Promise.withResolvers<number>()
  const socket = new WebSocket(`${stack.url.replace('http', 'ws')}/live?circle-token=${stack.admin.token}`)
  socket.binaryType = 'arraybuffer'
  socket.onopen = () => socket.send(JSON.stringify({ type: 'subscribe', channel: 1, topic: { kind: 'all' } }))
  socket.onmessage = (event) => {
    if (typeof event.data !== 'string') {
      at.resolve(Date.now())
      socket.close()
      return
    }
    const message = JSON.parse(event.data)
    if (message.type === 'subscribed') ready.resolve()
    if (message.type === 'event' && message.event.kind === 'step.started' && message.event.data.name === 'hello') {
      socket.send(JSON.stringify({ type: 'output', channel: 2, stepId: message.event.data.stepId, offset: 0 }))
    }
  }
  return { ready: ready.promise, at: at.promise }
}

/** What the engine alone takes to create and start the same container. */
export function containerStart(image: string): number {
  const name = `rondo-bench-${process.pid}`
  const time = timed(() =>
    spawnSync('sh', [
      '-c',
      `docker create --name ${name} ${image} sleep 60 >/dev/null && docker start ${name} >/dev/null`,
    ]),
  )
  spawnSync('docker', ['rm', '-f', name])
  return time
}

/** What the kernel and two shells take to make the same namespaces with nothing in them. */
function namespacesStart(): number {
  return timed(() => spawnSync('unshare', ['--mount', '--pid', '--fork', '--ipc', 'unshare', '--user', 'true']))
}
