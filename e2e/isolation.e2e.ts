import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { dockerAnswers, imagePresent, type Stack, startStack } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const image = 'cimg/base:2025.05-20.04'
const ready = dockerAnswers() && imagePresent(image)

test.runIf(!ready)('isolation of containers is left out: a Docker engine or its images are not here', () => {
  expect(ready).toBe(false)
})

describe.runIf(ready)('a job in a container', () => {
  let stack: Stack

  beforeAll(async () => {
    stack = await startStack()
    for (const name of ['one', 'two']) await stack.createProject('acme', name)
  })

  afterAll(async () => {
    await stack?.stop()
  })

  async function begin(project: string, steps: string, more = '') {
    stack.push(project, {
      '.circleci/config.yml': `version: 2.1\njobs:\n  it:\n    docker: [{image: '${image}'}]\n${more}    steps:\n${steps.replace(/^/gm, '      ')}\nworkflows: {main: {jobs: [it]}}\n`,
    })
    const pipeline = await stack.latestPipeline(project)
    expect(pipeline.errors).toEqual([])
    return pipeline.id
  }

  async function end(pipelineId: string) {
    const workflow = await stack.waitForWorkflow(
      pipelineId,
      'main',
      ['success', 'failed', 'error', 'canceled'],
      120_000,
    )
    const [job] = await stack.jobs(workflow)
    const steps = await stack.steps(job!.id)
    const output = async (name: string) =>
      (await stack.output(steps.find((step) => step.name === name)?.id ?? '')).toString()
    return { status: job!.status, steps, output }
  }

  test('reaches the web server, and neither the agents’ port, another port of the machine, credentials of its cloud, nor another job [S-17]', async () => {
    const other = createServer((socket) => socket.end('reached'))
    await new Promise<void>((listening) => other.listen(0, '0.0.0.0', listening))
    const otherPort = (other.address() as { port: number }).port
    const neighbour = await begin(
      'acme/two',
      `- run: {name: serve, command: 'python3 -m http.server 8000 & echo serving; until [ -e /tmp/never ]; do sleep 0.2; done'}`,
    )
    const address = await stack.waitFor('the neighbour to serve', async () => {
      const id = spawnSync('docker', ['ps', '-q', '--filter', `label=rondo.agent=${stack.data}/agent`], {
        encoding: 'utf8',
      })
      const found = spawnSync(
        'docker',
        [
          'inspect',
          '-f',
          '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}',
          id.stdout.trim().split('\n')[0] ?? '',
        ],
        { encoding: 'utf8' },
      ).stdout.trim()
      const running = (await stack.jobs((await stack.workflows(neighbour))[0]!.id))[0]?.status === 'running'
      return running && found !== '' ? found : undefined
    })
    const log = readFileSync(`${stack.data}/logs/server.log`, 'utf8')
    const agentPort = /"agentPort":(\d+)/.exec(log)?.[1]

    const own = new URL(stack.url).port
    const probe = (name: string, url: string) =>
      `echo "${name}: $(curl -s -o /dev/null -m 3 -w '%{http_code} %{errormsg}' ${url})"`
    const pipeline = await begin(
      'acme/one',
      `- run:
    name: probe
    command: |
      ${probe('web', `http://host.docker.internal:${own}/healthz`)}
      ${probe('agents', `http://host.docker.internal:${agentPort}/`)}
      ${probe('other', `http://host.docker.internal:${otherPort}/`)}
      ${probe('metadata', 'http://169.254.169.254/latest/meta-data/')}
      ${probe('neighbour', `http://${address}:8000/`)}
      ${probe('own', 'http://localhost:1/')}
      sudo iptables -F 2>/dev/null && echo flushed; sudo ip route add 169.254.0.0/16 dev eth0 2>/dev/null && echo routed; echo done`,
    )
    const { output } = await end(pipeline)
    other.close()
    await stack.api('POST', `/api/v2/workflow/${(await stack.workflows(neighbour))[0]!.id}/cancel`)

    const lines = (await output('probe')).trim().split('\n')
    expect(lines[0]).toMatch(/^web: [2-4]\d\d/)
    for (const line of lines.slice(1, 5)) expect(line).toMatch(/^\w+: 000/)
    expect(lines.slice(5).join('\n')).toMatch(/^own: 000.*\ndone$/)
  })

  test('ends with everything a step started when the step is silent for too long, and goes on with steps that always run [R-22]', async () => {
    const pipeline = await begin(
      'acme/one',
      `- run:
    name: stubborn
    no_output_timeout: 1s
    command: |
      trap '' TERM
      (trap '' TERM; setsid sleep 3101 >/dev/null 2>&1 &)
      (trap '' TERM; sudo setsid sleep 3102 >/dev/null 2>&1 &)
      (trap '' TERM; sleep 3103 >/dev/null 2>&1 &)
      sleep 3104
- run: {name: survivors, when: always, command: 'sleep 1; ps -eo args | grep "^sleep 310" || echo none'}
- run: {name: skipped, command: echo no}`,
    )

    const { status, steps, output } = await end(pipeline)

    expect(await output('stubborn')).toContain('Too long with no output (exceeded 1s)')
    expect(await output('survivors')).toBe('none\n')
    expect([status, steps.map((step) => step.name).includes('skipped')]).toEqual(['timedout', false])
  })

  test('that forks without end fails by its own limit, and its neighbour passes [R-20]', async () => {
    const bomb = await begin(
      'acme/two',
      `- run: {name: bomb, no_output_timeout: 10s, command: 'for i in $(seq 6000); do sleep 1000 & done; wait'}`,
    )
    const good = await begin('acme/one', `- run: {name: work, command: 'sleep 2; echo fine'}`)

    expect((await end(good)).status).toBe('success')
    expect((await end(bomb)).status).toMatch(/^(failed|timedout)$/)
  })

  test('hears that a program its command started was killed for memory, and not of one killed otherwise [R-21]', async () => {
    const pipeline = await begin(
      'acme/one',
      `- run: {name: eats, command: 'python3 -c "x = bytearray(3 * 1024**3)" || exit 2'}
- run: {name: killed, when: always, command: 'kill -9 $$'}`,
      '    resource_class: small\n',
    )

    const { output } = await end(pipeline)

    expect(await output('eats')).toContain('more memory than its resource class allows (exit code 2)')
    expect(await output('killed')).toContain('Exited with code exit status 137')
  })
})
