import { createHash } from 'node:crypto'
import { dockerAnswers, imagePresent, type Stack, startStack } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const image = 'cimg/base:2025.05-20.04'
const ready = dockerAnswers() && imagePresent(image)

test.runIf(!ready)('bad input to running jobs is left out: a Docker engine or its images are not here', () => {
  expect(ready).toBe(false)
})

describe.runIf(ready)('bad input', () => {
  let stack: Stack
  const project = 'acme/bad'

  beforeAll(async () => {
    stack = await startStack()
    await stack.createProject('acme', 'bad')
  })

  afterAll(async () => {
    await stack?.stop()
  })

  /** Runs one job of these steps and answers its status, message, and the output of its named steps. */
  async function run(steps: string, more = '', files: Record<string, string> = {}) {
    const config = `version: 2.1\njobs:\n  it:\n    docker: [{image: '${image}'}]\n${more}    steps:\n${steps.replace(/^/gm, '      ')}\nworkflows: {main: {jobs: [it]}}\n`
    stack.push(project, { '.circleci/config.yml': config, ...files })
    const pipeline = await stack.latestPipeline(project)
    expect(pipeline.errors).toEqual([])
    const workflow = await stack.waitForWorkflow(
      pipeline.id,
      'main',
      ['success', 'failed', 'error', 'canceled'],
      90_000,
    )
    const [job] = await stack.jobs(workflow)
    const list = await stack.steps(job!.id)
    return {
      status: job!.status,
      number: job!.job_number,
      step: async (name: string) => stack.output(list.find((step) => step.name === name)?.id ?? ''),
      names: list.map((step) => step.name),
    }
  }

  async function errorsOf(config: string | Buffer): Promise<string> {
    stack.push(project, { '.circleci/config.yml': config })
    const pipeline = await stack.latestPipeline(project)
    expect(pipeline.state).toBe('errored')
    return pipeline.errors.map((error) => error.message).join('\n')
  }

  test('a push without a token, or with one that is not known, is refused', async () => {
    const refs = '/git/acme/bad.git/info/refs?service=git-receive-pack'
    expect(await stack.status('GET', refs)).toBe(401)
    expect(
      await stack.status('GET', refs, {
        headers: { authorization: `Basic ${Buffer.from('x:nope').toString('base64')}` },
      }),
    ).toBe(401)
  })

  test('configs that are too large, binary, tabbed or bombs give errored pipelines with reasons [I-002]', async () => {
    expect(await errorsOf(`# ${'x'.repeat(1024 * 1024)}\nversion: 2.1\n`)).toContain('larger than 1 MiB')
    expect(await errorsOf(Buffer.from([0xff, 0xfe, 0, 1, 2]))).toContain('not text in UTF-8')
    expect(await errorsOf('version: 2.1 # \0\n')).toContain('not text in UTF-8')
    expect(await errorsOf('version: 2.1\njobs:\n\tbuild: {}\n')).toMatch(/tab/i)
    const bomb = Array.from(
      { length: 9 },
      (_, level) =>
        `a${level}: &a${level} [${Array(9)
          .fill(level === 0 ? 'x' : `*a${level - 1}`)
          .join(', ')}]`,
    ).join('\n')
    expect(await errorsOf(`version: 2.1\n${bomb}\njobs: {build: *a8}\n`)).not.toBe('')
  })

  test('a project without a config shows an errored pipeline', async () => {
    stack.push(project, { 'README.md': 'nothing' })
    const pipeline = await stack.latestPipeline(project)

    expect(pipeline.state).toBe('errored')
    expect(pipeline.errors[0]?.message).toContain('There is no .circleci/config.yml')
  })

  test('strange bytes arrive as they were printed: invalid UTF-8, NUL, moves, a 10 MB line', async () => {
    const job = await run(
      `- run: {name: bytes, command: 'printf "\\377\\376 a\\000b \\033[5A<script>x</script>\\n" ; head -c 10000000 /dev/zero | tr "\\\\0" x; echo'}`,
    )

    const output = await job.step('bytes')
    const expected = Buffer.concat([
      Buffer.from([0xff, 0xfe]),
      Buffer.from(' a\0b \x1b[5A<script>x</script>\n'),
      Buffer.alloc(10_000_000, 'x'),
      Buffer.from('\n'),
    ])
    expect(createHash('sha256').update(output).digest('hex')).toBe(createHash('sha256').update(expected).digest('hex'))
  })

  test('100 MB of output arrive whole', async () => {
    const job = await run(`- run: {name: much, command: 'head -c 100000000 <(yes 0123456789abcdef)'}`)

    expect(job.status).toBe('success')
    expect((await job.step('much')).length).toBe(100_000_000)
  })

  test('processes a step leaves behind do not hold the job', async () => {
    const job = await run(`- run: {name: fork, command: 'sleep 300 & echo started'}`)

    expect(job.status).toBe('success')
    expect((await job.step('fork')).toString()).toBe('started\n')
  })

  test('a job killed for its memory says so [I-053]', async () => {
    const job = await run(
      `- run: {name: eat, command: 'python3 -c "x = bytearray(3 * 1024**3)"'}`,
      '    resource_class: small\n',
    )

    expect(job.status).toBe('failed')
    expect((await job.step('eat')).toString()).toContain('more memory than its resource class allows')
  })

  test('an image that does not exist is named [I-054]', async () => {
    stack.push(project, {
      '.circleci/config.yml': `version: 2.1\njobs: {it: {docker: [{image: 'localhost:1/no-such:image'}], steps: [{run: 'true'}]}}\nworkflows: {main: {jobs: [it]}}\n`,
    })
    const pipeline = await stack.latestPipeline(project)
    const workflow = await stack.waitForWorkflow(pipeline.id, 'main', ['failed', 'success', 'error'])

    const [job] = await stack.jobs(workflow)
    const [spinUp] = await stack.steps(job!.id)
    expect((await stack.output(spinUp!.id)).toString()).toContain(
      'The image localhost:1/no-such:image could not be pulled',
    )
  })

  test('artifacts that are missing, links out of the folder, or climb are harmless [I-017]', async () => {
    const job = await run(
      `- run: 'mkdir -p out && ln -s /etc/passwd out/link && echo ok > out/file'
- store_artifacts: {path: nowhere}
- store_artifacts: {path: out, destination: ../../up}`,
    )

    expect(job.status).toBe('success')
    const artifacts = await stack.api<{ items: { path: string }[] }>(
      'GET',
      `/api/v2/project/gh/${project}/${job.number}/artifacts`,
    )
    expect(artifacts.items.map((artifact) => artifact.path)).toEqual(['up/file'])
  })

  test('a cache key with a missing file fails in words; XML that is not JUnit is said and passed over [I-014 I-018]', async () => {
    const job = await run(
      `- run: 'mkdir r && echo "<html/>" > r/x.xml'
- store_test_results: {path: r}
- restore_cache: {keys: ['v1-{{ checksum "missing.lock" }}']}`,
    )

    expect((await job.step('Uploading test results')).toString()).toContain('not JUnit XML')
    expect(job.status).toBe('failed')
    expect((await job.step('Restoring Cache')).toString()).toContain('The file does not exist')
  })

  test('secrets are masked in output [I-046]', async () => {
    await stack.api('POST', `/api/v2/project/gh/${project}/envvar`, {
      name: 'PASSWORD',
      value: 'correct horse battery',
    })

    const job = await run(`- run: {name: leak, command: 'echo "it is $PASSWORD!"; printf "%s" "$PASSWORD" | base64'}`)

    expect((await job.step('leak')).toString().split('\n').slice(0, 2)).toEqual([
      'it is ****!',
      expect.not.stringContaining('Y29ycmVjdCBob3JzZSBiYXR0ZXJ5'),
    ])
  })

  test('two cancels at once are harmless, and approving afterwards is a conflict [I-038]', async () => {
    stack.push(project, {
      '.circleci/config.yml': `version: 2.1\njobs: {it: {docker: [{image: '${image}'}], steps: [{run: 'sleep 100'}]}}\nworkflows: {main: {jobs: [it, {hold: {type: approval}}]}}\n`,
    })
    const pipeline = await stack.latestPipeline(project)
    const [workflow] = await stack.workflows(pipeline.id)
    await stack.waitFor('the job to run', async () =>
      (await stack.jobs(workflow!.id)).find((job) => job.status === 'running'),
    )
    const hold = (await stack.jobs(workflow!.id)).find((job) => job.name === 'hold')

    await Promise.all([
      stack.api('POST', `/api/v2/workflow/${workflow!.id}/cancel`),
      stack.api('POST', `/api/v2/workflow/${workflow!.id}/cancel`),
    ])

    await stack.waitForWorkflow(pipeline.id, 'main', ['canceled'])
    expect(
      await stack.status('POST', `/api/v2/workflow/${workflow!.id}/approve/${hold!.id}`, {
        headers: { 'circle-token': stack.admin.token },
      }),
    ).toBe(409)
  })
})
