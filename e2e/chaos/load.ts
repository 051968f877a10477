import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack } from '@rondo/testkit'
import { countingConfig, isCountOf, threeJobs } from './counted-jobs.ts'

const lines = 200
const project = 'acme/chaos'
const config = countingConfig(threeJobs, lines)
const endings = ['success', 'failed', 'error', 'canceled', 'unauthorized', 'not_run']

export interface Findings {
  readonly problems: readonly string[]
  readonly figures: Readonly<Record<string, number>>
}

export interface Load {
  /** Pushes one pipeline after the other until `finish`. */
  start(): Promise<void>
  /** Waits for the end of everything that was promised, and looks at all of it. */
  finish(): Promise<Findings>
}

export async function createLoad(stack: Stack, atOnce: number): Promise<Load> {
  await stack.createProject('acme', 'chaos')
  let over = false
  /** Pushes that Git was told are through. */
  let acknowledged = 0

  async function open(): Promise<number> {
    const pipelines = await pipelinesOf(stack)
    const workflows = await Promise.all(pipelines.slice(0, 10).map((pipeline) => stack.workflows(pipeline.id)))
    return workflows.flat().filter((workflow) => !endings.includes(workflow.status)).length
  }

  return {
    async start() {
      for (let round = 1; !over; await sleep(300)) {
        try {
          if ((await open()) >= atOnce) continue
          stack.push(project, { '.circleci/config.yml': config, 'round.txt': String(round++) }, `round ${round}`)
          acknowledged++
        } catch {
          // Somebody was just killed. A push that nobody answered promises nothing; the next round pushes again.
        }
      }
    },
    async finish() {
      over = true
      await stack.waitFor('every workflow to end', async () => ((await open()) === 0 ? true : undefined), 600_000)
      return inspect(stack, acknowledged)
    },
  }
}

async function pipelinesOf(stack: Stack): Promise<readonly { readonly id: string; readonly number: number }[]> {
  const all: { id: string; number: number }[] = []
  let token: string | null = ''
  while (token !== null) {
    const query: string = token === '' ? '' : `?page-token=${encodeURIComponent(token)}`
    const page: { items: { id: string; number: number }[]; next_page_token: string | null } = await stack.api(
      'GET',
      `/api/v2/project/gh/${project}/pipeline${query}`,
    )
    all.push(...page.items)
    token = page.next_page_token ?? null
  }
  return all
}

/** What the job's page says about its end. */
async function reason(stack: Stack, jobId: string): Promise<string> {
  const page = await stack.api<{ message?: string | null }>('GET', `/api/private/jobs/${jobId}`)
  return page.message ?? 'it does not say why'
}

async function inspect(stack: Stack, acknowledged: number): Promise<Findings> {
  const problems: string[] = []
  const pipelines = await pipelinesOf(stack)
  if (pipelines.length < acknowledged)
    problems.push(`${acknowledged} pushes were acknowledged, and there are ${pipelines.length} pipelines`)
  let jobs = 0
  let bytes = 0
  for (const { id, number } of pipelines) {
    const workflows = await stack.workflows(id)
    if (workflows.length !== 1) problems.push(`pipeline ${number} has ${workflows.length} workflows`)
    for (const job of (await Promise.all(workflows.map((workflow) => stack.jobs(workflow.id)))).flat()) {
      jobs++
      const where = `${job.name} of pipeline ${number}`
      if (job.status !== 'success') problems.push(`${where} is ${job.status}: ${await reason(stack, job.id)}`)
      const steps = (await stack.steps(job.id)).filter((step) => step.name === 'count')
      if (steps.length !== 1) problems.push(`${where} has the step ${steps.length} times`)
      const output = steps[0] === undefined ? Buffer.alloc(0) : await stack.output(steps[0].id)
      bytes += output.length
      const n = threeJobs.find(({ name }) => name === job.name)?.n ?? 0
      if (!isCountOf(n, lines, output)) problems.push(`${where} has another output`)
    }
  }
  return {
    problems,
    figures: {
      'pushes acknowledged': acknowledged,
      pipelines: pipelines.length,
      jobs,
      'bytes of output': bytes,
      problems: problems.length,
    },
  }
}
