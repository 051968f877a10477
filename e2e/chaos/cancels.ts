import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Stack, startStack } from '@rondo/testkit'
import { countingConfig, jobGraph } from './counted-jobs.ts'
import type { Experiment } from './experiment.ts'
import { countRows } from './look.ts'

const project = 'acme/cancels'
const finalStatuses = ['success', 'failed', 'error', 'canceled']
/** Between the push of a button and the last moment at which a job of that workflow may run by itself. */
const longestMs = 4_000

/** Workflows are canceled at any moment of their lives, by one or two at once, whole or one job of them. */
export const cancels: Experiment<{ readonly workflows: number; readonly 'at-once': number }> = {
  rows: 'R-23',
  what: 'workflows and jobs are canceled at any moment, some by two people at once',
  full: { workflows: 1_000, 'at-once': 4 },
  async run({ workflows, 'at-once': atOnce }, { executor, say }) {
    const stack = await startStack({ executor })
    try {
      await stack.createProject('acme', 'cancels')
      stack.push(project, { '.circleci/config.yml': countingConfig(jobGraph(3), 60) })
      const ended: Record<string, number> = {}
      const problems: string[] = []
      let left = workflows
      await Promise.all(
        Array.from({ length: atOnce }, async () => {
          while (left-- > 0) {
            const status = await cancelOne(stack).catch((error: unknown) => {
              problems.push(String(error))
              return 'unknown'
            })
            ended[status] = (ended[status] ?? 0) + 1
            if (left % 50 === 0) say(`${left} are left`)
          }
        }),
      )
      problems.push(...(await leftovers(stack)))
      return { problems, figures: { workflows, ...ended } }
    } finally {
      await stack.stop()
    }
  },
}

/** Answers how the workflow ended. */
async function cancelOne(stack: Stack): Promise<string> {
  const { id } = await stack.api<{ id: string }>('POST', `/api/v2/project/gh/${project}/pipeline`, { branch: 'main' })
  const workflow = (await stack.waitFor('the workflow', async () => (await stack.workflows(id))[0])).id
  await sleep(Math.random() * longestMs)
  const whole = () => stack.status('POST', `/api/v2/workflow/${workflow}/cancel`, asAdmin(stack))
  const oneJob = async () => {
    const jobs = await stack.jobs(workflow)
    const job = jobs[Math.floor(Math.random() * jobs.length)]!
    return stack.status('POST', `/api/v2/jobs/${job.id}/cancel`, asAdmin(stack))
  }
  const who = Math.random()
  const answers = await Promise.all(who < 0.5 ? [whole()] : who < 0.75 ? [whole(), whole()] : [oneJob(), whole()])
  // 400: it had ended by then.
  const strange = answers.filter((status) => status >= 300 && status !== 400)
  if (strange.length > 0) throw new Error(`a request to cancel was answered with ${strange.join(', ')}`)
  const ending = await stack.waitFor(
    'the workflow to end',
    async () => (await stack.workflows(id)).find(({ status }) => finalStatuses.includes(status))?.status,
    120_000,
  )
  return ending
}

const asAdmin = (stack: Stack): RequestInit => ({ headers: { 'circle-token': stack.admin.token } })

/** What should not be there once everything has ended: second ends, open attempts, folders and processes. */
async function leftovers(stack: Stack): Promise<readonly string[]> {
  await stack.waitFor('the agent to have nothing left', async () =>
    readdirSync(join(stack.data, 'agent', 'tasks')).length === 0 ? true : undefined,
  )
  // What was canceled between its claim and its start, and never asked for that, ends with its lease.
  await stack
    .waitFor('no attempt to be open', async () =>
      (await countRows(stack, `select from attempts where phase <> 'finished'`)) === 0 ? true : undefined,
    )
    .catch(() => {})
  const found = {
    'jobs ended twice': await countRows(stack, endedTwice('job')),
    'workflows ended twice': await countRows(stack, endedTwice('workflow')),
    'jobs have no end': await countRows(stack, `select id from jobs where stopped_at is null`),
    'attempts are open': await countRows(stack, `select id from attempts where phase <> 'finished'`),
    'tasks are open': await countRows(stack, `select id from tasks where phase <> 'finished'`),
    'tasks were granted their start more than once': await countRows(
      stack,
      'select task_id from attempts where granted_at is not null group by task_id having count(*) > 1',
    ),
    'processes of jobs are left': jobProcesses(stack).length,
  }
  return Object.entries(found).flatMap(([what, count]) => (count > 0 ? [`${count} ${what}`] : []))
}

const endedTwice = (what: 'job' | 'workflow') =>
  `select ${what}_id from events where kind = '${what}.finished' group by ${what}_id having count(*) > 1`

/** Processes of jobs in the sandbox: their variables name a folder of this installation's agent. */
function jobProcesses(stack: Stack): readonly string[] {
  return readdirSync('/proc').filter((name) => {
    if (!/^\d+$/.test(name)) return false
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(join(stack.data, 'agent', 'tasks'))
    } catch {
      return false
    }
  })
}
