import { chromiumPath, dockerAnswers, imagePresent, type Stack, startStack } from '@rondo/testkit'
import { type Browser, chromium, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const image = 'cimg/base:2025.05-20.04'
const browserPath = chromiumPath()
const ready = browserPath !== undefined && dockerAnswers() && imagePresent(image)

const config = `version: 2.1
jobs:
  build:
    docker: [{image: '${image}'}]
    steps:
      - run: {name: Show colours, command: 'printf "\\033[32mgreen\\033[0m and <script>text</script>\\n"; sleep 2; echo the end'}
workflows:
  main:
    jobs:
      - build
      - hold: {type: approval, requires: [build]}
      - build: {name: deploy, requires: [hold]}
`

test.runIf(!ready)('the browser walk is left out: Chromium, a Docker engine or its images are not here', () => {
  expect(ready).toBe(false)
})

describe.runIf(ready)('first use in a browser', () => {
  let stack: Stack
  let browser: Browser
  let page: Page
  const problems: string[] = []

  beforeAll(async () => {
    stack = await startStack()
    await stack.createProject('acme', 'web')
    browser = await chromium.launch({
      executablePath: browserPath!,
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
      ],
    })
    page = await browser.newPage()
    page.on('pageerror', (error) => problems.push(error.message))
  })

  afterAll(async () => {
    await browser?.close()
    await stack?.stop()
  })

  test('a wrong password is refused in words, the right one opens the pipelines [I-067]', async () => {
    await page.goto(stack.url)
    await page.fill('input[name=login]', 'admin')
    await page.fill('input[name=password]', 'wrong')
    await page.click('button[type=submit]')
    await page.getByText('That login and password do not match').waitFor()

    await page.fill('input[name=password]', stack.admin.password)
    await page.click('button[type=submit]')

    await page.getByText('No pipelines yet').waitFor()
  })

  test('a push appears by itself, its output streams, and its job goes green without a reload [L-065 L-109 L-404 I-048 I-079]', async () => {
    stack.push('acme/web', { '.circleci/config.yml': config }, 'The first change')
    await page.getByText('The first change').click()
    await page.locator('a.job-box:visible', { hasText: 'build' }).first().click()
    await page.locator('.step-head', { hasText: 'Show colours' }).waitFor()

    await page.getByText('green', { exact: true }).waitFor()
    expect(await page.locator('.line-text', { hasText: '<script>text</script>' }).count()).toBe(1)
    await page.locator('.page-head .badge', { hasText: 'Success' }).waitFor()
  })

  test('what the agent does before the steps of the config is shown as steps, with its output and times, on the page and in the API [I-047]', async () => {
    const own = [
      { name: 'Spin up environment', kind: 'spin_up', prints: 'Executor docker' },
      { name: 'Preparing environment variables', kind: 'prepare_environment', prints: 'Variables of this job' },
    ]
    for (const [at, { name, prints }] of own.entries()) {
      const step = page.locator('.step').nth(at)
      expect(await step.locator('.step-name').innerText()).toBe(name)
      expect(await step.locator('.step-head .number').innerText()).toMatch(/^\d/)
      await step.locator('.step-head').click()
      await step.getByText(prints).waitFor()
    }

    const pipeline = await stack.latestPipeline('acme/web')
    const [build] = await stack.jobs((await stack.workflows(pipeline.id))[0]!.id)
    const { steps } = await stack.api<{ steps: { name: string; actions: Record<string, unknown>[] }[] }>(
      'GET',
      `/api/v1.1/project/gh/acme/web/${build!.job_number}`,
    )

    for (const [at, { name, kind }] of own.entries())
      expect(steps[at]).toMatchObject({
        name,
        actions: [
          {
            type: kind,
            status: 'success',
            has_output: true,
            start_time: expect.stringMatching(/^2\d{3}-/),
            run_time_millis: expect.any(Number),
          },
        ],
      })
    expect(steps[2]).toMatchObject({ name: 'Show colours' })
  })

  test('approving on the page lets the rest run [I-036]', async () => {
    await page.getByRole('button', { name: 'Approve hold' }).click()
    const pipeline = await stack.latestPipeline('acme/web')

    const workflow = await stack.waitForWorkflow(pipeline.id, 'main', ['success', 'failed'])

    expect((await stack.jobs(workflow)).map((job) => `${job.name} ${job.status}`)).toEqual([
      'build success',
      'hold success',
      'deploy success',
    ])
  })

  test('a workflow is rerun from the page, and canceled [I-037 I-038]', async () => {
    await page.getByRole('button', { name: 'Rerun', exact: true }).click()
    const pipeline = await stack.latestPipeline('acme/web')
    const rerun = await stack.waitFor('the rerun', async () => (await stack.workflows(pipeline.id))[1])
    await page.goto(`${stack.url}/workflow/${rerun.id}`)

    await page.getByRole('button', { name: 'Cancel' }).click()

    await page.locator('.card .badge', { hasText: 'Canceled' }).waitFor()
    expect(problems).toEqual([])
  })

  test('chosen jobs of it are rerun from the page, with what they need kept [I-037]', async () => {
    const pipeline = await stack.latestPipeline('acme/web')
    const [first] = await stack.workflows(pipeline.id)
    await page.goto(`${stack.url}/workflow/${first!.id}`)

    await page.getByRole('button', { name: 'Rerun jobs…' }).click()
    await page.getByRole('checkbox', { name: 'deploy' }).check()
    await page.getByRole('button', { name: 'Rerun 1 job' }).click()

    const rerun = await stack.waitFor('the rerun', async () => (await stack.workflows(pipeline.id))[2])
    const jobs = await stack.jobs(rerun.id)
    expect(jobs.slice(0, 2).map((job) => `${job.name} ${job.status}`)).toEqual(['build success', 'hold success'])
    await stack.api('POST', `/api/v2/pipeline/${pipeline.id}/cancel`)
  })

  test('an administrator blocks new work, sees what is held back, lets it go on, and looks at settings and retention', async () => {
    await page.goto(`${stack.url}/admin`)
    await page.getByRole('button', { name: 'Block new work' }).click()
    await page.getByRole('button', { name: 'Let new work go on' }).waitFor()
    stack.push('acme/web', { '.circleci/config.yml': config }, 'The held change')
    await page.reload()
    await page.locator('.figures div', { hasText: 'Held back' }).getByText('1', { exact: true }).waitFor()

    await page.getByRole('button', { name: 'Let new work go on' }).click()
    await page.getByRole('button', { name: 'Block new work' }).waitFor()

    const { id } = await stack.latestPipeline('acme/web')
    await stack.waitFor('it to start', async () =>
      (await stack.jobs((await stack.workflows(id))[0]!.id))[0]!.status === 'queued' ? undefined : true,
    )
    await page.goto(`${stack.url}/admin?tab=settings`)
    await page.getByText('time.run').first().waitFor()
    await page.goto(`${stack.url}/admin?tab=retention`)
    await page.getByText('Nothing is older than it is kept for.').waitFor()
    await stack.api('POST', `/api/v2/pipeline/${id}/cancel`)
  })

  test('cut off from live updates, a page shows what is true after a reload [L-065 L-109]', async () => {
    await page.routeWebSocket(/\/live/, (socket) => void socket.close())
    await page.goto(stack.url)
    await page.getByText('The held change').first().waitFor()

    stack.push('acme/web', { '.circleci/config.yml': 'version: 2.1' }, 'The unseen change')
    await page.reload()

    await page.getByText('The unseen change').first().waitFor()
    expect(problems).toEqual([])
  })

  test('mistakes and warnings of a config are read on a narrow screen, after a reload too', async () => {
    const far = 'a-name-that-takes-the-mistake-beyond-the-edge-of-a-narrow-screen'
    const wrong = `version: 2.1
jobs:
  ${far}: { docker: [{ image: a }], steps: [run: "true", checkot] }
workflows: { main: { jobs: [${far}: { context: [nobody-has-it] }] } }
`
    stack.push('acme/web', { '.circleci/config.yml': wrong }, 'Wrong')
    const refused = await stack.latestPipeline('acme/web')
    stack.push('acme/web', { '.circleci/config.yml': wrong.replace('checkot', 'checkout') }, 'Surprising')
    const warned = await stack.latestPipeline('acme/web')
    await page.setViewportSize({ width: 390, height: 844 })

    await page.goto(`${stack.url}/pipeline/${refused.id}`)
    await page.reload()
    const mistake = page.locator('.problems.error article')
    await mistake.getByText('Cannot find a definition for command named checkot').waitFor()
    await mistake.getByText("Did you mean 'checkout'?").waitFor()
    const shown = await mistake.locator('pre').evaluate((pre) => {
      const [line = '', carets = ''] = (pre.textContent ?? '').split('\n')
      const at = (pre.scrollWidth * carets.indexOf('^')) / line.length - pre.scrollLeft
      return { caretsInView: at > 0 && at < pre.clientWidth, page: pre.ownerDocument.documentElement.scrollWidth }
    })
    await page.goto(`${stack.url}/pipeline/${warned.id}`)
    await page.locator('.problems.warning').getByText("There is no context 'nobody-has-it'").waitFor()

    expect(shown).toEqual({ caretsInView: true, page: 390 })
    expect(problems).toEqual([])
  })
})
