import { type ChildProcess, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openTaskFolder, type TaskFolder } from '../shared-folder/task-folder.ts'

let root: string
let folder: TaskFolder
let supervisor: ChildProcess

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'supervisor-'))
  folder = await openTaskFolder(root)
})

afterEach(async () => {
  supervisor.kill('SIGKILL')
  await folder.close()
  rmSync(root, { recursive: true, force: true })
})

/** In a process namespace of its own, as in a container, when this user may make one. */
async function start(wrapper: readonly string[] = []): Promise<void> {
  const [program, ...args] = [...wrapper, '/bin/sh', join(folder.io, 'supervisor.sh'), folder.io, 'token']
  supervisor = spawn(program!, args, { stdio: 'ignore' })
  await until(() => folder.readSmall('ready') !== undefined)
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5)
}

function run(id: string, script: string): void {
  folder.create(`${id}.sh`, script)
  folder.command(`run ${id} ${id}.out`)
}

const namespace = [
  'unshare',
  '--user',
  '--map-root-user',
  '--pid',
  '--fork',
  '--mount-proc',
  '--kill-child',
  '/bin/sh',
  '-c',
  '"$@" & wait',
  'first',
]

test('a script is heard of when it ends, with its status and everything it printed', async () => {
  await start()
  let events = 0
  const stop = folder.onEvent(() => events++)

  run('s2', 'echo out; echo err >/dev/stderr; exit 7')

  await until(() => events > 0)
  stop()
  expect(folder.readSmall('s2.status')).toBe('7\n')
  await until(() => folder.readEnd('s2.out').includes('\x1es2.token\x1e'))
  expect(folder.readEnd('s2.out')).toBe('out\nerr\n\x1es2.token\x1e')
})

test('killing a script ends its children, whatever they ignore, and leaves other scripts alone', async () => {
  await start()
  run('b3', `exec $rondo_session /bin/sh -c 'echo $$ >${root}/other; exec sleep 300'`)
  run('s2', `exec $rondo_session /bin/sh -c 'trap "" TERM; sleep 300 & echo $! >${root}/child; wait; wait'`)
  await until(() => existsSync(join(root, 'child')) && existsSync(join(root, 'other')))
  const pid = (name: string) => readFileSync(join(root, name), 'utf8').trim()
  await until(() => pid('child') !== '' && pid('other') !== '')

  folder.command('kill s2 TERM')
  folder.command('kill s2 KILL')

  await until(() => folder.readSmall('s2.status') !== undefined && !existsSync(`/proc/${pid('child')}`))
  expect(folder.readSmall('s2.status')).toBe('137\n')
  expect(existsSync(`/proc/${pid('other')}`)).toBe(true)
  process.kill(Number(pid('other')), 'SIGKILL')
})

test('in a namespace of its own, what broke away from a script is killed with it, and older daemons are not', async () => {
  chmodSync(root, 0o777)
  await start(namespace)
  const daemon = (name: string) =>
    `setsid /bin/sh -c 'touch ${root}/${name}; while :; do echo >>${root}/${name}; sleep 0.02; done' &`
  run('s2', `${daemon('older')} until [ -e ${root}/older ]; do :; done; exit 0`)
  await until(() => folder.readSmall('s2.status') !== undefined)
  // Starts are counted in hundredths of a second.
  await sleep(30)
  writeFileSync(join(root, 'breaks-away'), `(${daemon('younger')})\nsleep 300\n`)
  run('s3', `exec $rondo_session /bin/sh ${root}/breaks-away`)
  await until(() => existsSync(join(root, 'younger')))

  folder.command('kill s3 KILL')

  await until(() => folder.readSmall('s3.status') !== undefined)
  const size = (name: string) => readFileSync(join(root, name)).length
  await until(() => {
    const before = size('younger')
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 300)
    return size('younger') === before
  })
  const older = size('older')
  await until(() => size('older') > older)
})

test('what a job writes into the files of its scripts is not obeyed', async () => {
  await start()
  run('s2', `exec $rondo_session sleep 300`)
  await until(() => folder.readSmall('s2.pid') !== undefined)
  const own = folder.readSmall('s2.pid')!

  for (const forged of ['1 0; touch hacked', '$(touch hacked) 1', '-1 0', '']) {
    writeFileSync(join(folder.io, 's2.pid'), forged)
    folder.command('kill s2 KILL')
  }
  writeFileSync(join(folder.io, 's2.pid'), own)
  folder.command('kill s2 KILL')

  await until(() => folder.readSmall('s2.status') === '137\n')
  expect(existsSync('/hacked')).toBe(false)
})
