import { createHash } from 'node:crypto'
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { plainUser, type Stack, sandboxWorks, startStack } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

const root = process.getuid?.() === 0
/** As whom everything runs: an unprivileged user is tried by root too. */
const users = root ? [{ who: 'root' }, { who: 'a user without rights', user: plainUser() }] : [{ who: 'this user' }]
const ready = users.every(({ user }) => sandboxWorks(user))

if (!ready)
  test('the host sandbox is left out: a user may not make namespaces here', () => {
    expect(ready).toBe(false)
  })

describe.runIf(ready).each(users)('without a container engine, as $who', ({ who, user }) => {
  let stack: Stack
  let secrets: string
  const project = 'acme/box'

  beforeAll(async () => {
    secrets = mkdtempSync(join(tmpdir(), 'rondo-host-'))
    chmodSync(secrets, 0o755)
    writeFileSync(join(secrets, 'open'), 'host secret', { mode: 0o644 })
    writeFileSync(join(secrets, 'closed'), 'host secret', { mode: 0o600 })
    // Among the programs, where a job would see it if nothing were hidden.
    stack = await startStack({
      executor: 'sandbox',
      ...(root ? { within: '/opt' } : {}),
      ...(user === undefined ? {} : { user }),
    })
    await stack.createProject('acme', 'box')
  })

  afterAll(async () => {
    await stack?.stop()
    rmSync(secrets, { recursive: true, force: true })
  })

  async function push(jobs: string, files: Record<string, string> = {}) {
    stack.push(project, { '.circleci/config.yml': `version: 2.1\n${jobs}`, ...files })
    const pipeline = await stack.latestPipeline(project)
    expect(pipeline.errors).toEqual([])
    return pipeline
  }

  const ends = ['success', 'failed', 'error', 'canceled']

  /** Runs one job of these steps to its end. */
  async function run(steps: string, files: Record<string, string> = {}) {
    const pipeline = await push(
      `jobs:\n  it:\n    docker: [{image: 'cimg/base:2025.05-20.04'}]\n    resource_class: small\n    steps:\n${steps.replace(/^/gm, '      ')}\nworkflows: {main: {jobs: [it]}}\n`,
      files,
    )
    const [job] = await stack.jobs(await stack.waitForWorkflow(pipeline.id, 'main', ends, 90_000))
    const list = await stack.steps(job!.id)
    return {
      status: job!.status,
      number: job!.job_number,
      names: list.map((step) => `${step.name}: ${step.result}`),
      output: async (name: string) =>
        (await stack.output(list.find((step) => step.name === name)?.id ?? '')).toString(),
    }
  }

  /** Waits until no process of the host has this mark in its command line. */
  const gone = (mark: string) =>
    stack.waitFor(`${mark} to be gone`, async () => (processes(mark).length === 0 ? true : undefined), 15_000)

  test('a notice in "Spin up environment" says that the image is not used', async () => {
    const job = await run(`- run: {name: who, command: 'id -un; echo "$HOME"; pwd'}`)

    expect(job.status).toBe('success')
    expect(await job.output('Spin up environment')).toMatch(
      /NOTICE: .*no container engine[\s\S]*cimg\/base:2025\.05-20\.04 is NOT used/,
    )
    expect(await job.output('who')).toBe('circleci\n/home/circleci\n/home/circleci/project\n')
  })

  test('all kinds of steps work: checkout, variables, caches, workspaces, artifacts, results, background [I-006 I-007 I-012 I-013 I-016 I-017 I-018]', async () => {
    const pipeline = await push(
      `jobs:
  first:
    docker: [{image: cimg/base:current, environment: {LEVEL: image, PGHOST: 'the database'}}]
    environment: {LEVEL: job}
    steps:
      - checkout
      - run: {name: read, command: 'cat word.txt; echo "$LEVEL $STEP $PGHOST"', environment: {STEP: step}}
      - run: echo 'export CARRIED=onward' >> "$BASH_ENV"
      - run: {name: carried, command: echo "$CARRIED"}
      - run: {name: serve, background: true, command: 'trap "echo stopped; exit" TERM; while :; do sleep 0.1; date +%s > beat; done'}
      - run: {name: beats, command: 'until [ -s beat ]; do sleep 0.1; done'}
      - restore_cache: {keys: ['box-{{ checksum "word.txt" }}']}
      - run: mkdir -p cache out results && echo kept > cache/file && echo made > out/file
      - run: printf '<testsuite name="s"><testcase classname="c" name="n" time="0.1"/></testsuite>' > results/r.xml
      - save_cache: {key: 'box-{{ checksum "word.txt" }}', paths: [cache]}
      - persist_to_workspace: {root: ., paths: [out]}
      - store_artifacts: {path: out}
      - store_test_results: {path: results}
  second:
    docker: [{image: cimg/base:current}]
    steps:
      - checkout
      - attach_workspace: {at: /tmp/workspace}
      - restore_cache: {keys: ['box-']}
      - run: {name: both, command: 'cat /tmp/workspace/out/file cache/file'}
workflows: {main: {jobs: [first, {second: {requires: [first]}}]}}
`,
      { 'word.txt': `from the repository ${who}\n` },
    )

    const workflow = await stack.waitForWorkflow(pipeline.id, 'main', ends, 90_000)

    const jobs = await stack.jobs(workflow)
    expect(jobs.map((job) => `${job.name} ${job.status}`)).toEqual(['first success', 'second success'])
    const steps = (await Promise.all(jobs.map((job) => stack.steps(job.id)))).flat()
    const output = async (name: string) => (await stack.output(steps.find((step) => step.name === name)!.id)).toString()
    expect(await output('read')).toBe(`from the repository ${who}\njob step the database\n`)
    expect(await output('carried')).toBe('onward\n')
    expect(await output('serve')).toContain('stopped\n')
    expect(await output('both')).toBe('made\nkept\n')
    const at = `/api/v2/project/gh/${project}/${jobs[0]!.job_number}`
    const { items } = await stack.api<{ items: { path: string }[] }>('GET', `${at}/artifacts`)
    expect(items.map((artifact) => artifact.path)).toEqual(['out/file'])
    expect((await stack.api<{ items: unknown[] }>('GET', `${at}/tests`)).items).toHaveLength(1)
  })

  test('what belongs to the host or to Rondo does not exist in the job, or is read-only', async () => {
    const files = [
      'keys/private/key-ring.json',
      'keys/private/agent-token',
      'keys/server-secret',
      'admin.json',
      'postgres.json',
    ]
    for (const file of files) expect(readFileSync(join(stack.data, file)).length).toBeGreaterThan(0)
    const probes = [
      ...files.map((file) => `cat ${join(stack.data, file)}`),
      `ls ${join(stack.data, 'agent/tasks')}`,
      `cat ${join(secrets, 'open')}`,
      `cat ${join(secrets, 'closed')}`,
      'cat /etc/shadow',
      'ls /root',
      'ls /run/docker.sock /var/run/docker.sock',
      'touch /usr/bin/planted',
      'touch /etc/planted',
      'touch /planted',
      'mount -t tmpfs none /usr',
      'mount -o remount,rw /usr',
      'unshare --user --map-root-user --mount mount -o remount,rw,bind /usr',
      'mknod /tmp/disk b 8 0',
      'chroot / true',
      'cat /proc/1/root/etc/shadow',
      asks(stack.agentPort),
    ]

    const job = await run(
      `- run: {name: probe, command: ${JSON.stringify(`${probes.map((probe) => `if ${probe} >/dev/null 2>&1; then echo ${JSON.stringify(`DONE: ${probe}`)}; fi`).join('\n')}\necho end`)}}
- run: {name: server, command: ${JSON.stringify(asks(Number(new URL(stack.url).port)))}}
- run: {name: processes, command: 'cat /proc/[0-9]*/comm | sort -u'}
- run: {name: rights, command: 'cat /proc/self/status /proc/self/uid_map'}`,
    )

    expect(await job.output('probe')).toBe('end\n')
    const seen = (await job.output('processes')).split('\n')
    expect(seen).not.toContain('node')
    expect(seen).not.toContain('postgres')
    const rights = await job.output('rights')
    expect(rights).toMatch(/^CapEff:\t0+$/m)
    expect(rights).toMatch(/^NoNewPrivs:\t1$/m)
    expect(job.status).toBe('success')
  })

  test('the job of a root agent is a user the host does not know; else it is the agent', async () => {
    const running = run(`- run: {name: wait, command: 'sleep 4041; true'}`)
    const [pid] = await stack.waitFor('the step', async () => {
      const found = processes('sleep 4041')
      return found.length > 0 ? found : undefined
    })

    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    process.kill(pid!, 'SIGTERM')
    await running

    const uid = Number(/^Uid:\t(\d+)/m.exec(status)?.[1])
    if (root && user === undefined) {
      expect(uid).toBeGreaterThan(1_000_000)
      expect(/^Groups:\t(.*)$/m.exec(status)?.[1]?.trim()).toBe('')
    } else expect(uid).toBe(user ?? process.getuid?.())
  })

  test('nothing is left for the next job: files, shared memory, processes [S-20]', async () => {
    const places = [
      ...[
        '$HOME',
        '$HOME/.cache',
        '$HOME/.config',
        '$HOME/.local/share',
        '$HOME/.ssh',
        '$HOME/bin',
        '$PWD',
        '/home',
        '/root',
      ],
      ...['/', '/tmp', '/run', '/run/lock', '/run/rondo', '/run/rondo/bin', '/dev', '/dev/shm', '/dev/mqueue'],
      ...[
        '/var',
        '/var/tmp',
        '/var/cache',
        '/var/lib',
        '/var/lock',
        '/var/log',
        '/var/spool',
        '/opt',
        '/srv',
        '/mnt',
        '/media',
      ],
      ...[
        '/etc',
        '/etc/profile.d',
        '/usr/local/bin',
        '/usr/local/lib',
        '/usr/share',
        '/sys/fs/cgroup',
        '/proc/sys/kernel',
      ],
    ]
    expect(places.length).toBeGreaterThan(30)
    const left = await run(
      `- run: {name: leave, command: 'count=0; for p in ${places.join(' ')}; do mkdir -p "$p" 2>/dev/null || true; if (echo x > "$p/marker") 2>/dev/null; then count=$((count + 1)); fi; done; [ $count -gt 10 ]; mkdir -p ~/closed/in; chmod 0 ~/closed; setsid sleep 5052 & setsid nohup sleep 5052 >/dev/null 2>&1 & echo left'}`,
    )
    const next = await run(
      `- run: {name: look, command: 'for p in ${places.join(' ')}; do [ ! -e "$p/marker" ] || echo "found $p"; done; ipcs -m | grep -c 0x || true'}`,
    )

    expect([left.status, next.status]).toEqual(['success', 'success'])
    expect(await next.output('look')).toBe('0\n')
    await gone('sleep 5052')
    await stack.waitFor('no task folder to be left', async () =>
      readdirSync(join(stack.data, 'agent/tasks')).length === 0 ? true : undefined,
    )
  })

  test('a silent step is stopped with all it started, and later steps still run [R-22]', async () => {
    const job = await run(
      `- run:
    name: silent
    no_output_timeout: 2s
    command: |
      trap '' TERM
      (trap '' TERM; sleep 6063) &
      setsid sleep 6063 &
      sleep 6063
      sleep 6063
- run: {name: after, when: always, command: echo after}
- run: {name: never, command: echo never}`,
    )

    expect(job.status).toBe('timedout')
    expect(await job.output('silent')).toContain('Too long with no output')
    expect(await job.output('after')).toBe('after\n')
    expect(job.names.map((name) => name.split(':')[0])).not.toContain('never')
    await gone('sleep 6063')
  })

  test('a step that kills the shell above it fails alone; one that ends the sandbox fails its job, in words [I-008]', async () => {
    const steps = (command: string) =>
      `- run: {name: kills, command: 'echo begun; sleep 0.5; ${command}; sleep 4047'}\n- run: {name: always, when: always, command: 'ps -eo args | grep "[s]leep 4047" || echo alone'}`
    const parent = await run(steps('kill -9 $PPID'))
    const all = await run(steps('kill -9 -1'))

    expect([parent.status, ...parent.names.slice(-2)]).toEqual(['failed', 'kills: failed', 'always: passed'])
    expect(await parent.output('kills')).toMatch(/^begun\n\nThe shell that runs the steps of this job was killed/)
    expect(await parent.output('always')).toBe('alone\n')
    expect([all.status, ...all.names.slice(-1)]).toEqual(['failed', 'kills: failed'])
    expect(await all.output('kills')).toMatch(/^begun\n\nThe job's sandbox ended while a step ran/)
    await gone('sleep 4047')
  })

  test('cancel ends every process, and no later step runs [I-008 I-038]', async () => {
    const pipeline = await push(
      `jobs: {it: {docker: [{image: cimg/base:current}], steps: [{run: 'setsid sleep 7074 & sleep 7074'}, {run: {when: always, command: touch never}}]}}\nworkflows: {main: {jobs: [it]}}\n`,
    )
    await stack.waitFor('the step', async () => (processes('sleep 7074').length > 0 ? true : undefined))
    const [workflow] = await stack.workflows(pipeline.id)

    await stack.api('POST', `/api/v2/workflow/${workflow!.id}/cancel`)

    await stack.waitForWorkflow(pipeline.id, 'main', ['canceled'])
    await gone('sleep 7074')
    const [job] = await stack.jobs(workflow!.id)
    expect(job!.status).toBe('canceled')
    expect((await stack.steps(job!.id)).map((step) => step.name)).not.toContain('touch never')
  })

  test('a job that takes too much memory is stopped and told why, and the next is well [I-053 R-21]', async () => {
    const job = await run(`- run: {name: eat, command: 'head -c 3G /dev/zero | tail'}`)
    const next = await run(`- run: {name: fine, command: echo fine}`)

    expect(job.status).toBe('failed')
    // Without control groups each process is limited, and sees its own allocation fail.
    const limited = !(await job.output('Spin up environment')).includes('may not make control groups')
    expect(await job.output('eat')).toMatch(limited ? /more memory than its resource class allows/ : /memory exhausted/)
    expect(next.status).toBe('success')
  })

  test('a job that forks without end is stopped at its limit, and the next is well [R-20]', async () => {
    const job = await run(
      `- run: {name: fork, command: "sh -c 'i=0; while [ $i -lt 6000 ]; do sleep 8085 & i=$((i+1)); done; echo all'"}`,
    )
    const next = await run(`- run: {name: fine, command: echo fine}`)

    expect(job.status).toBe('failed')
    expect(await job.output('fork')).toMatch(/[Cc]annot fork/)
    expect(next.status).toBe('success')
    await gone('sleep 8085')
  })

  test.each(['server', 'agent'] as const)(
    'the %s is killed while a job runs: it goes on, and no byte is missing or doubled [I-082]',
    async (part) => {
      const lines = 300
      const pipeline = await push(
        `jobs: {it: {docker: [{image: cimg/base:current}], steps: [{run: {name: count, command: 'i=0; while [ $i -lt ${lines} ]; do i=$((i+1)); echo "line $i"; sleep 0.01; done'}}, {run: {name: last, command: echo last}}]}}\nworkflows: {main: {jobs: [it]}}\n`,
      )
      await stack.waitFor('the step', async () => {
        const [workflow] = await stack.workflows(pipeline.id)
        const [job] = workflow === undefined ? [] : await stack.jobs(workflow.id)
        const steps = job === undefined ? [] : await stack.steps(job.id)
        return steps.some((step) => step.name === 'count' && step.outputBytes > 100) ? true : undefined
      })

      stack.kill(part)
      if (part === 'server') await stack.startServer()
      await sleep(500)

      const [job] = await stack.jobs(await stack.waitForWorkflow(pipeline.id, 'main', ends, 60_000))
      expect(job!.status).toBe('success')
      const steps = await stack.steps(job!.id)
      expect(steps.map((step) => step.name).slice(-2)).toEqual(['count', 'last'])
      const expected = Array.from({ length: lines }, (_, index) => `line ${index + 1}\n`).join('')
      const output = await stack.output(steps.find((step) => step.name === 'count')!.id)
      expect(sha(output)).toBe(sha(expected))
    },
  )
})

/** A command that succeeds when something on this port answers in HTTP. */
function asks(port: number): string {
  return `bash -c 'exec 3<>/dev/tcp/127.0.0.1/${port} && printf "GET / HTTP/1.0\\r\\n\\r\\n" >&3 && grep -q HTTP <&3'`
}

function sha(bytes: Buffer | string): string {
  return createHash('sha256').update(bytes).digest('hex')
}

/** Numbers of the host's processes with these words as their command line. */
function processes(words: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => {
      try {
        return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim() === words
      } catch {
        return false
      }
    })
    .map(Number)
}
