import { createHash } from 'node:crypto'
import { chromiumPath, type Stack, startStack } from '@rondo/testkit'
import { type Browser, chromium, type Page } from 'playwright-core'
import { countingImage } from './counted-jobs.ts'
import { type Experiment, quantile } from './experiment.ts'

const project = 'acme/line'

export interface LongLineSize {
  readonly [name: string]: number
  readonly megabytes: number
  /** Processor time of one task of the page's main thread, in milliseconds, that breaks the promise. */
  readonly 'task-ms': number
}

/** One line of many megabytes, seen by somebody who watches it being printed, and reads in it afterwards. */
export const longLine: Experiment<LongLineSize> = {
  rows: 'R-16',
  what: 'a job prints one line of 100 MB while somebody looks at its page',
  full: { megabytes: 100, 'task-ms': 100 },
  async run({ megabytes, 'task-ms': taskMs }, { executor, say }) {
    const path = chromiumPath()
    if (path === undefined) return { problems: ['there is no Chromium to look with'], figures: {} }
    const stack = await startStack({ executor })
    const browser = await chromium.launch({
      executablePath: path,
      args: ['--headless', '--no-sandbox', '--disable-gpu'],
    })
    try {
      const last = lastNumber(megabytes * 1_000_000)
      const { step, page } = await begin(stack, browser, last)
      const live = await tasksDuring(browser, page, () => watchToTheEnd(page, last))
      const after = await tasksDuring(browser, page, () => readAfterwards(page, last))
      const problems = (await isLine(stack, step, last)) ? [] : ['the line is not what was printed']
      for (const [when, { longestMs }] of Object.entries({ live, after }))
        if (longestMs > taskMs) problems.push(`${when}: a task of the page took ${Math.round(longestMs)} ms`)
      say(`${live.count} tasks while it was printed, ${after.count} afterwards`)
      return { problems, figures: figuresOf(live, after) }
    } finally {
      await browser.close()
      await stack.stop()
    }
  },
}

const figuresOf = (live: Tasks, after: Tasks) => ({
  'tasks while it is printed': live.count,
  'longest of them, ms': Math.round(live.longestMs),
  'p99 of them, ms': Math.round(live.p99Ms * 10) / 10,
  'tasks while it is read': after.count,
  'longest of those, ms': Math.round(after.longestMs),
})

/** The line is the numbers from 1 to this one, each but the last with a semicolon behind it. */
function lastNumber(bytes: number): number {
  let [length, digits] = [0, 1]
  for (; length + 9 * 10 ** (digits - 1) * (digits + 1) < bytes; digits++)
    length += 9 * 10 ** (digits - 1) * (digits + 1)
  return 10 ** (digits - 1) - 1 + Math.floor((bytes - length) / (digits + 1))
}

/** A page that shows the job, whose step waits for somebody to look. */
async function begin(stack: Stack, browser: Browser, last: number) {
  await stack.createProject('acme', 'line')
  stack.push(project, {
    '.circleci/config.yml': `version: 2.1
jobs:
  line:
    docker: [{image: '${countingImage}'}]
    resource_class: small
    steps:
      - run: {name: line, command: 'sleep 6; seq -s ";" 1 ${last} | tr -d "\\n"'}
workflows: {main: {jobs: [line]}}
`,
  })
  const page = await browser.newPage()
  // Beside other experiments everything takes long; that it is there in the end is what counts.
  page.setDefaultTimeout(300_000)
  await page.goto(stack.url)
  await page.fill('input[name=login]', stack.admin.login)
  await page.fill('input[name=password]', stack.admin.password)
  await page.click('button[type=submit]')
  // Who leaves the page before it was answered is not signed in.
  await page.locator('input[name=password]').waitFor({ state: 'detached' })
  const pipeline = await stack.latestPipeline(project)
  const job = await stack.waitFor('the job', async () => {
    const [workflow] = await stack.workflows(pipeline.id)
    const [found] = workflow === undefined ? [] : await stack.jobs(workflow.id)
    return found?.job_number === undefined ? undefined : found
  })
  const step = await stack.waitFor('the step', async () =>
    (await stack.steps(job.id)).find(({ name }) => name === 'line'),
  )
  await page.goto(`${stack.url}/jobs/gh/${project}/${job.job_number}`)
  // A step that passes closes, unless somebody opened it: the first click may have closed it instead.
  const head = page.locator('.step-head', { hasText: 'line' })
  await head.click()
  if ((await head.getAttribute('aria-expanded')) !== 'true') await head.click()
  return { page, step: step.id }
}

async function watchToTheEnd(page: Page, last: number): Promise<void> {
  await page.locator('.page-head .badge', { hasText: 'Success' }).waitFor({ timeout: 300_000 })
  // The tail is followed, so its end is in sight.
  await page.locator('.output-line', { hasText: `;${last}` }).waitFor({ timeout: 120_000 })
}

/** Opens it anew, goes up and down in it, and searches. */
async function readAfterwards(page: Page, last: number): Promise<void> {
  await page.reload()
  await page.locator('.step-head', { hasText: 'line' }).click()
  const lines = page.locator('.output-lines')
  await page.locator('.output-line', { hasText: `;${last}` }).waitFor()
  await lines.hover()
  for (const by of [-1, 1]) for (let times = 0; times < 30; times++) await page.mouse.wheel(0, by * 2_000)
  await page.locator('.output-find').fill(`;${last - 40_000};`)
  await page.locator('.output-line.marked').waitFor()
}

interface Tasks {
  readonly count: number
  readonly longestMs: number
  readonly p99Ms: number
}

interface TraceEvent {
  readonly name: string
  readonly pid: number
  readonly tid: number
  readonly dur?: number
  readonly tdur?: number
  readonly args: { readonly name?: string }
}

/** What the main threads of pages did meanwhile, by the processor time of their tasks: the machine may be busy with others. */
async function tasksDuring(browser: Browser, page: Page, work: () => Promise<void>): Promise<Tasks> {
  await browser.startTracing(page, { categories: ['toplevel', 'disabled-by-default-devtools.timeline'] })
  await work()
  const { traceEvents }: { traceEvents: TraceEvent[] } = JSON.parse(String(await browser.stopTracing()))
  const threadOf = ({ pid, tid }: TraceEvent) => `${pid} ${tid}`
  const main = new Set(
    traceEvents.filter(({ name, args }) => name === 'thread_name' && args.name === 'CrRendererMain').map(threadOf),
  )
  const tasks = traceEvents
    .filter((event) => event.name === 'RunTask' && main.has(threadOf(event)))
    .map(({ tdur, dur = 0 }) => (tdur ?? dur) / 1_000)
  return { count: tasks.length, longestMs: Math.max(0, ...tasks), p99Ms: quantile(tasks, 0.99) }
}

async function isLine(stack: Stack, step: string, last: number): Promise<boolean> {
  const answer = await fetch(`${stack.url}/api/private/steps/${step}/output`, {
    headers: { 'circle-token': stack.admin.token },
  })
  const [kept, printed] = [createHash('sha256'), createHash('sha256')]
  for await (const piece of answer.body!) kept.update(piece)
  const block = 100_000
  for (let from = 1; from <= last; from += block) {
    const numbers = Array.from({ length: Math.min(block, last - from + 1) }, (_, n) => from + n)
    printed.update(`${from === 1 ? '' : ';'}${numbers.join(';')}`)
  }
  return kept.digest('hex') === printed.digest('hex')
}
