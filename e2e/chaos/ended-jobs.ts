import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack } from '@rondo/testkit'
import { countNaming } from './named-processes.ts'

export interface EndedJob {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly startedAt: number
  readonly stoppedAt: number
  /** For how long after its end, milliseconds, processes of it were seen; none was when it is below zero. */
  readonly leftMs: number
}

const endings = ['success', 'failed', 'error', 'canceled', 'timedout', 'infrastructure_fail', 'terminated-unknown']

interface Item {
  readonly id: string
  readonly name: string
  readonly status: string
  readonly started_at: string | null
  readonly stopped_at: string | null
}

/**
 * Waits for the end of all jobs of a workflow, and after that of each of their processes. `wordOf`: what all command lines of a
 * job's processes have in them, and no others; undefined: they are not looked for.
 */
export async function watchJobsEnd(
  stack: Stack,
  workflow: string,
  wordOf: (job: string) => string | undefined,
  within: { readonly minutes: number },
): Promise<readonly EndedJob[]> {
  const done = new Map<string, EndedJob>()
  const left = new Map<string, number>()
  for (const deadline = Date.now() + within.minutes * 60_000; ; await sleep(500)) {
    const { items } = await stack.api<{ items: Item[] }>('GET', `/api/v2/workflow/${workflow}/job`)
    const ended = items.filter(({ name, status }) => endings.includes(status) && !done.has(name))
    const words = ended.flatMap(({ name }) => wordOf(name) ?? [])
    const at = Date.now()
    const counts = words.length === 0 ? undefined : countNaming(words)
    for (const { id, name, status, started_at, stopped_at } of ended) {
      const stoppedAt = Date.parse(stopped_at ?? '')
      if ((counts?.get(wordOf(name) ?? '') ?? 0) > 0) left.set(name, at - stoppedAt)
      else
        done.set(name, {
          id,
          name,
          status,
          startedAt: Date.parse(started_at ?? ''),
          stoppedAt,
          leftMs: left.get(name) ?? -1,
        })
    }
    if (done.size === items.length) return [...done.values()]
    if (Date.now() > deadline) {
      const open = items.filter(({ name }) => !done.has(name)).map(({ name, status }) => `${name} (${status})`)
      throw new Error(`waited in vain for the end of jobs or their processes: ${open.join(', ')}`)
    }
  }
}

/** What a job's page says of its end, and the output of all its steps. */
export async function wordsOf(stack: Stack, job: string): Promise<string> {
  const page = await stack.api<{ job: { message?: string | null } }>('GET', `/api/private/jobs/${job}`)
  const outputs = await Promise.all((await stack.steps(job)).map(async ({ id }) => String(await stack.output(id))))
  return [page.job.message ?? '', ...outputs].join('\n')
}
