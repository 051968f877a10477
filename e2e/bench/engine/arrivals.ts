import { setTimeout as sleep } from 'node:timers/promises'
import { type Stack, startStack } from '@rondo/testkit'
import { type Figure, ms, quantile } from '../figure.ts'
import { secondsSince } from './beside.ts'

const pipelines = 1_000
/** Made before, one after the other: a server that has just started still compiles its own code. */
const warmUp = 100
const withinMs = 10_000
const pageEveryMs = 100

const config = `version: 2.1
jobs: {it: {docker: [{image: alpine}], steps: [checkout, {run: 'true'}]}}
workflows: {main: {jobs: [{it: {name: a}}, {it: {name: b}}, {it: {name: c, requires: [a, b]}}]}}
`
const pages = ['/api/private/pipelines', '/api/v2/project/gh/bench/busy/pipeline']

/** A thousand pipelines asked for in ten seconds, while somebody looks at the lists of pipelines. */
export async function arrivals(): Promise<readonly Figure[]> {
  const stack = await startStack({ env: { RONDO_AGENT: 'none' } })
  try {
    await stack.createProject('bench', 'busy')
    stack.push('bench/busy', { '.circleci/config.yml': config })
    const ask = () => time(stack, 'POST', '/api/v2/project/gh/bench/busy/pipeline', JSON.stringify({ branch: 'main' }))
    for (let count = 0; count < warmUp; count++) await ask()
    const arriving = new AbortController()
    const looking = look(stack, arriving.signal)
    const begun = performance.now()
    const asked = await Promise.all(
      Array.from({ length: pipelines }, async (_, index) => {
        await sleep((index * withinMs) / pipelines)
        return ask()
      }),
    )
    const took = secondsSince(begun)
    arriving.abort()
    const seen = await looking
    const times = asked.map((one) => one.ms)
    const refused = asked.filter((one) => one.status >= 300).length
    return [
      {
        name: `${pipelines} pipelines arriving in ${withinMs / 1_000} s, after ${warmUp}`,
        ours: `${refused} refused, accepted in ${ms(quantile(times, 0.5))}, p99 ${ms(quantile(times, 0.99))}; all after ${took.toFixed(1)} s`,
        floor: '',
        aim: 'none refused, p99 ≤ 1 s',
      },
      {
        name: 'lists of pipelines meanwhile',
        ours: `${ms(quantile(seen, 0.5))}, p95 ${ms(quantile(seen, 0.95))}`,
        floor: '',
        aim: 'p95 ≤ 500 ms',
      },
    ]
  } finally {
    await stack.stop()
  }
}

async function look(stack: Stack, signal: AbortSignal): Promise<readonly number[]> {
  const times: number[] = []
  const open: Promise<void>[] = []
  for (let count = 0; !signal.aborted; count++) {
    open.push(
      time(stack, 'GET', pages[count % pages.length]!).then((page) => {
        if (page.status !== 200) throw new Error(`a list of pipelines was answered with ${page.status}`)
        times.push(page.ms)
      }),
    )
    await sleep(pageEveryMs)
  }
  await Promise.all(open)
  return times
}

async function time(
  stack: Stack,
  method: string,
  path: string,
  body?: string,
): Promise<{ status: number; ms: number }> {
  const begun = performance.now()
  const headers = { 'circle-token': stack.admin.token, 'content-type': 'application/json' }
  const status = await stack.status(method, path, { headers, ...(body === undefined ? {} : { body }) })
  return { status, ms: performance.now() - begun }
}
