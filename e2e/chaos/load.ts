import { setTimeout as sleep } from 'node:timers/promises'
import type { Stack } from '@rondo/testkit'
import { type CountedJob, countingConfig, isCountOf, jobGraph } from './counted-jobs.ts'
import type { Findings } from './experiment.ts'
import { countRows, look } from './look.ts'

const project = 'acme/chaos'
const endings = ['success', 'failed', 'error', 'canceled', 'unauthorized', 'not_run']

export interface LoadOptions {
  /** Workflows that run beside each other. */
  readonly atOnce: number
  /** No more are started after so many; default no bound. */
  readonly workflows?: number
  /** Jobs of each; default three. */
  readonly jobs?: number
  /** Lines each job prints, 8 ms a line; default 200. */
  readonly lines?: number
}

export interface Load {
  /** Starts one workflow after the other until `finish`, or until all are started. */
  start(): Promise<void>
  /** Waits for the end of everything that was promised, and looks at all of it. */
  finish(): Promise<Findings>
}

/** Jobs that print what is known in advance, over a second or two, so that nothing can hide. */
export async function createLoad(stack: Stack, options: LoadOptions): Promise<Load> {
  const { atOnce, workflows = Number.POSITIVE_INFINITY, lines = 200 } = options
  const jobs = jobGraph(options.jobs ?? 3)
  await stack.createProject('acme', 'chaos')
  stack.push(project, { '.circleci/config.yml': countingConfig(jobs, lines) })
  let over = false
  /** Pipelines of whose making somebody was told; the push is the first. */
  let acknowledged = 1

  async function open(): Promise<number> {
    const pipelines = await pipelinesOf(stack, atOnce + 5)
    const found = await Promise.all(pipelines.map((pipeline) => stack.workflows(pipeline.id)))
    return found.flat().filter((workflow) => !endings.includes(workflow.status)).length
  }

  return {
    async start() {
      for (; !over && acknowledged < workflows; await sleep(300)) {
        try {
          for (let free = atOnce - (await open()); free > 0 && acknowledged < workflows; free--) {
            await stack.api('POST', `/api/v2/project/gh/${project}/pipeline`, { branch: 'main' })
            acknowledged++
          }
        } catch {
          // Somebody was just killed. A request that nobody answered promises nothing; the next round asks again.
        }
      }
    },
    async finish() {
      over = true
      await stack.waitFor('every workflow to end', async () => ((await open()) === 0 ? true : undefined), 900_000)
      return inspect(stack, { acknowledged, jobs, lines })
    },
  }
}

/** The newest so many; all unless it is said. */
async function pipelinesOf(
  stack: Stack,
  atMost = Number.POSITIVE_INFINITY,
): Promise<readonly { readonly id: string; readonly number: number }[]> {
  const all: { id: string; number: number }[] = []
  let token: string | null = ''
  while (token !== null && all.length < atMost) {
    const query: string = token === '' ? '' : `?page-token=${encodeURIComponent(token)}`
    const page: { items: { id: string; number: number }[]; next_page_token: string | null } = await stack.api(
      'GET',
      `/api/v2/project/gh/${project}/pipeline${query}`,
    )
    all.push(...page.items)
    token = page.next_page_token ?? null
  }
  return all.slice(0, atMost)
}

/** What the job's page says about its end. */
async function reason(stack: Stack, jobId: string): Promise<string> {
  const page = await stack.api<{ job: { message?: string | null } }>('GET', `/api/private/jobs/${jobId}`)
  return page.job.message ?? 'it does not say why'
}

interface Promised {
  readonly acknowledged: number
  readonly jobs: readonly CountedJob[]
  readonly lines: number
}

async function inspect(stack: Stack, { acknowledged, jobs: expected, lines }: Promised): Promise<Findings> {
  const problems: string[] = []
  const pipelines = await pipelinesOf(stack)
  if (pipelines.length < acknowledged)
    problems.push(`${acknowledged} pipelines were acknowledged, and there are ${pipelines.length}`)
  let jobs = 0
  let bytes = 0
  for (const { id, number } of pipelines) {
    const workflows = await stack.workflows(id)
    if (workflows.length !== 1) problems.push(`pipeline ${number} has ${workflows.length} workflows`)
    const found = (await Promise.all(workflows.map((workflow) => stack.jobs(workflow.id)))).flat()
    if (found.length !== expected.length) problems.push(`pipeline ${number} has ${found.length} jobs`)
    for (const job of found) {
      jobs++
      const where = `${job.name} of pipeline ${number}`
      if (job.status !== 'success') problems.push(`${where} is ${job.status}: ${await reason(stack, job.id)}`)
      const steps = (await stack.steps(job.id)).filter((step) => step.name === 'count')
      if (steps.length !== 1) problems.push(`${where} has the step ${steps.length} times`)
      const output = steps[0] === undefined ? Buffer.alloc(0) : await stack.output(steps[0].id)
      bytes += output.length
      const n = expected.find(({ name }) => name === job.name)?.n ?? 0
      if (!isCountOf(n, lines, output)) problems.push(`${where} has another output`)
    }
  }
  const twice = await countRows(stack, startedTwice)
  const damaged = await countRows(stack, damagedOutputs)
  if (damaged > 0) problems.push(`${damaged} outputs are not what their agent says it sent`)
  if (twice > 0) {
    const told = await look<{ because: string }>(stack, whyAgain)
    problems.push(
      `${twice} tasks were granted their start more than once: ${told.map((one) => one.because).join('; ')}`,
    )
  }
  return {
    problems,
    figures: {
      'pipelines acknowledged': acknowledged,
      pipelines: pipelines.length,
      jobs,
      'jobs started twice': twice,
      'bytes of output': bytes,
    },
  }
}

/**
 * Tasks with more than one attempt that was granted its start, but for attempts known to have been given up before any code of
 * their job ran, as on a full disk (rule D-01). A second start in one attempt shows in the output.
 */
const startedTwice = `select task_id from attempts join tasks on tasks.id = task_id
  where granted_at is not null and not exists (
    select from events where kind = 'task.requeued' and events.job_id = tasks.job_id
      and data->>'slice' = tasks.index::text and data->>'attempt' = attempts.number::text
      and data->>'because' like 'no code of the job has run.%')
  group by task_id having count(*) > 1`
const whyAgain = "select distinct data->>'because' as because from events where kind = 'task.requeued'"
/** What the server itself found when it compared each output with its end record. */
const damagedOutputs = "select id from events where kind = 'output.damaged'"
