import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack } from '@rondo/testkit'
import type { StubAgent } from '../bench/engine/stub-agent.ts'
import { pushConfig } from './push.ts'

/** One workflow of so many jobs that need nothing; agents without an executor end them at once. */
export function smallConfig(jobs: number): string {
  const names = Array.from({ length: jobs }, (_, index) => `{it: {name: it-${index + 1}}}`)
  return `version: 2.1
jobs: {it: {docker: [{image: alpine}], resource_class: small, steps: [{run: 'true'}]}}
workflows: {main: {jobs: [${names.join(', ')}]}}
`
}

/** Pushes a config of so many jobs to a project that exists; answers what makes a pipeline of it, and answers its id. */
export async function pipelineOf(stack: Stack, project: string, jobs = 1): Promise<() => Promise<string>> {
  await pushConfig(stack, project, smallConfig(jobs))
  return async () =>
    (await stack.api<{ id: string }>('POST', `/api/v2/project/gh/${project}/pipeline`, { branch: 'main' })).id
}

/** Lets the agent work in so many slots until the signal aborts; each task takes `taskMs`, default no time. */
export async function workUntil(
  agent: StubAgent,
  { slots, taskMs = 0 }: { readonly slots: number; readonly taskMs?: number },
  signal: AbortSignal,
): Promise<void> {
  await Promise.all(
    Array.from({ length: slots }, async () => {
      while (!signal.aborted) {
        const claims = await agent.claim(1, 2_000).catch(async () => {
          await sleep(200)
          return []
        })
        for (const claim of claims) {
          await sleep(taskMs)
          await agent.finish(claim)
        }
      }
    }),
  )
}
