import { type Stack, sandboxWorks, startStack } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const works = sandboxWorks()
const lines = 30

/** Goes on for some seconds, and leaves something of every kind. */
const config = `version: 2.1
jobs:
  work:
    docker: [{image: 'cimg/base:2025.05-20.04'}]
    resource_class: small
    steps:
      - run:
          name: count
          command: |
            mkdir -p reports
            i=0
            while [ $i -lt ${lines} ]; do i=$((i + 1)); echo "line $i"; sleep 0.1; done
            echo kept > reports/kept
            echo '<testsuite><testcase classname="sum" name="adds"/></testsuite>' > reports/tests.xml
      - save_cache: {key: 'outage-{{ .Revision }}', paths: [reports]}
      - store_artifacts: {path: reports/kept, destination: kept}
      - store_test_results: {path: reports}
workflows:
  main: {jobs: [work]}
`
const quick = config.replace(/\n {12}i=0\n[^\n]+/, '')

test.runIf(!works)('outages of single roles are left out: the host sandbox does not work here', () => {
  expect(works).toBe(false)
})

describe.runIf(works)('while one part of the server is away', () => {
  let stack: Stack

  beforeAll(async () => {
    stack = await startStack({ executor: 'sandbox', split: [['api'], ['agents'], ['conductor'], ['cron']] })
    await stack.createProject('acme', 'away')
  })

  afterAll(() => stack?.stop())

  async function push(text: string) {
    stack.push('acme/away', { '.circleci/config.yml': text, 'now.txt': String(performance.now()) })
    return (await stack.latestPipeline('acme/away')).id
  }

  const jobOf = async (pipeline: string) => (await stack.jobs((await stack.workflows(pipeline))[0]!.id))[0]!
  const status = (pipeline: string, wanted: string) =>
    stack.waitFor(`the job to be ${wanted}`, async () => ((await jobOf(pipeline)).status === wanted ? true : undefined))
  const succeeded = (pipeline: string) => stack.waitForWorkflow(pipeline, 'main', ['success', 'failed', 'error'])

  /** Nothing of what the job made is missing. */
  async function expectWhole(pipeline: string): Promise<void> {
    await succeeded(pipeline)
    const job = await jobOf(pipeline)
    expect(job.status).toBe('success')
    const steps = await stack.steps(job.id)
    const text = (await stack.output(steps.find((step) => step.name === 'count')!.id)).toString()
    expect(text.split('\n').filter((line) => line.startsWith('line '))).toEqual(
      Array.from({ length: lines }, (_, index) => `line ${index + 1}`),
    )
    const of = (what: string) =>
      stack.api<{ items: object[] }>('GET', `/api/v2/project/gh/acme/away/${job.job_number}/${what}`)
    expect((await of('artifacts')).items).toMatchObject([{ path: 'kept' }])
    expect((await of('tests')).items).toMatchObject([{ name: 'adds', classname: 'sum', result: 'success' }])
  }

  test('what hears the agents: nothing starts and the queue grows; started again, it takes up work, and what ran has lost nothing [L-054 L-056 L-060 L-061 L-068 L-095 L-106 L-108 L-111 L-381]', async () => {
    const running = await push(config)
    await status(running, 'running')

    stack.signalServer('agents')
    const waiting = await push(quick)

    await status(waiting, 'queued')
    const queue = await stack.api<{ tasks: { waiting: number } }>('GET', '/api/private/admin/queue')
    expect(JSON.stringify(queue)).toContain((await jobOf(waiting)).id)
    await stack.startOne('agents')
    await expectWhole(running)
    await succeeded(waiting)
    expect((await jobOf(waiting)).status).toBe('success')
  })

  test('the conductor: workflows start, go on and end all the same; what is queued outlives a stop and start of it and of the dispatcher [L-073 L-385]', async () => {
    stack.signalServer('conductor')
    const pipeline = await push(quick)
    await succeeded(pipeline)
    expect((await jobOf(pipeline)).status).toBe('success')
    await stack.api('PUT', '/api/private/admin/limits', { maxTasks: 0 })
    const queued = await push(quick)

    stack.signalServer('agents', 'SIGTERM')
    // SIGCONT means nothing to a process that goes on, and does not reach one that has ended.
    await stack.waitFor('its end', async () => (stack.signalServer('agents', 'SIGCONT') ? undefined : true))
    await Promise.all([stack.startOne('conductor'), stack.startOne('agents')])

    await status(queued, 'queued')
    await stack.api('PUT', '/api/private/admin/limits', { maxTasks: null })
    await succeeded(queued)
    expect((await jobOf(queued)).status).toBe('success')
  })

  test('the web server: a push makes no pipeline, what runs goes on unseen, and afterwards all of it is there and pushes count again [L-050 L-098 L-117 L-459]', async () => {
    const running = await push(config)
    await status(running, 'running')

    stack.signalServer('api')
    await expect(stack.status('GET', '/health')).rejects.toThrow()
    await expect(push(quick)).rejects.toThrow(/push failed/)
    await stack.startOne('api')

    await expectWhole(running)
    expect((await stack.latestPipeline('acme/away')).id).toBe(running)
    const next = await push(quick)
    await succeeded(next)
    expect((await jobOf(next)).status).toBe('success')
  })
})
