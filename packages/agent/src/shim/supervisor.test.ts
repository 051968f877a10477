import { type ChildProcess, spawn } from 'node:child_process'
import { appendFileSync, chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { openNotices } from '../shared-folder/notices.ts'
import { openTaskFolder, type TaskFolder } from '../shared-folder/task-folder.ts'

let root: string
let folder: TaskFolder
let supervisor: ChildProcess

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'supervisor-'))
  folder = await openTaskFolder(root)
  folder.create('job.sh', 'rondo_job() { export FROM_JOB=job; }\n')
})

afterEach(async () => {
  process.kill(-supervisor.pid!, 'SIGKILL')
  await folder.close()
  rmSync(root, { recursive: true, force: true })
})

/** In a process namespace of its own, as in a container, when this user may make one. */
async function start(wrapper: readonly string[] = [], shell: readonly string[] = ['/bin/sh']): Promise<void> {
  const [program, ...args] = [...wrapper, ...shell, join(folder.io, 'supervisor.sh'), folder.io, 'token']
  supervisor = spawn(program!, args, { stdio: 'ignore', detached: true })
  await until(() => folder.readSmall('ready') !== undefined)
}

/** Another supervisor, on what is left of the folder. */
async function startAgain(): Promise<void> {
  process.kill(-supervisor.pid!, 'SIGKILL')
  rmSync(join(folder.io, 'ready'))
  await start()
}

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await sleep(5)
}

function run(id: string, script: string): void {
  folder.create(`${id}.sh`, script)
  folder.command(`run ${id} ${id}.out ${id}.sh -`)
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
  const notices = openNotices(folder)

  run('s2', 'echo out; echo err >/dev/stderr; exit 7')
  while (folder.progress.statusOf('s2') === undefined) await notices.changed()

  notices.close()
  expect(folder.progress.statusOf('s2')).toBe(7)
  expect(folder.progress.began('s2')).toBe(true)
  await until(() => folder.readEnd('s2.out').includes('\x1es2.token\x1e'))
  expect(folder.readEnd('s2.out')).toBe('out\nerr\n\x1es2.token\x1e')
})

const shells: [string, readonly string[]][] = [
  ['sh', ['/bin/sh']],
  ['bash', ['/bin/bash', '--posix']],
]
if (existsSync('/bin/busybox')) shells.push(['busybox', ['/bin/busybox', 'sh']])

test.each(shells)(
  'scripts of the queue run one after the other, each with its own shell, output and status, under %s',
  async (_name, shell) => {
    await start([], shell)
    folder.create('greets.sh', 'export GREETING=hello\nset -- /bin/sh -e\n')
    folder.create('a.cmd', 'echo $GREETING $FROM_JOB; sleep 0.1; echo end >/dev/stdout\n')
    folder.create('b.cmd', `echo "$0 $GREETING"; false; echo never\n`)

    folder.queue('run s2 s2.out greets.sh a.cmd s3')
    folder.queue('run s3 s3.out - b.cmd s9')
    folder.queue('run s3 s3.out - b.cmd s9')
    folder.create('i4.sh', '[ -n "$FROM_JOB" ] && (exit 5)\n')
    // Each has a reader of its own, of which the second may be the faster one.
    await until(() => folder.readEnd('s3.out').includes('s3.token'))
    folder.queue('run i4 s3.out i4.sh - -')

    await until(() => folder.progress.statusOf('i4') !== undefined)
    expect(['s2', 's3', 'i4'].map(folder.progress.statusOf)).toEqual([0, 1, 5])
    await until(() => folder.readEnd('s3.out').includes('i4.token'))
    expect(folder.readEnd('s2.out')).toBe('hello job\nend\n\x1es2.token\x1e')
    expect(folder.readEnd('s3.out')).toBe(`${folder.io}/b.cmd \n\x1es3.token\x1e\x1ei4.token\x1e`)
  },
)

test.each(shells)(
  'when the shell that runs scripts is killed another takes its place, and takes up nothing that was asked of the first, under %s',
  async (_name, shell) => {
    await start([], shell)
    folder.create('a.cmd', `echo x >>${root}/ran; kill -9 $PPID; sleep 1; echo late\n`)
    folder.create('b.cmd', `echo x >>${root}/never\n`)
    folder.create('c.cmd', 'echo next\n')

    folder.queue('run s2 s2.out - a.cmd -')
    folder.queue('run s3 s3.out - b.cmd -')
    folder.queue('then s4 s4.out - b.cmd - s2 1')
    await until(() => folder.progress.falls() === 1)
    folder.queue('run s5 s5.out - c.cmd -', 1)

    await until(() => folder.progress.statusOf('s5') === 0)
    await until(() => folder.readEnd('s2.out').includes('late') && folder.readEnd('s5.out').includes('s5.token'))
    expect(folder.readEnd('s5.out')).toBe('next\n\x1es5.token\x1e')
    expect(['s2', 's3', 's4'].map(folder.progress.statusOf)).toEqual([undefined, undefined, undefined])
    expect(['s2', 's3', 's5'].map(folder.progress.fallsBefore)).toEqual([0, undefined, 1])
    expect(readFileSync(join(root, 'ran'), 'utf8')).toBe('x\n')
    expect(existsSync(join(root, 'never'))).toBe(false)
  },
)

test('each script leads a session of its own, and its shell may be given by name, with the own program or the image’s', async () => {
  for (const [at, remove] of [[], ['step']].entries()) {
    for (const name of remove) rmSync(join(folder.io, name))
    if (at === 0) await start()
    else await startAgain()
    const id = `s${at}`
    folder.create('names.sh', 'set -- sh -e\n')
    folder.create('session.cmd', 'read -r stat </proc/$$/stat; set -- $stat; [ $6 = $$ ] && echo leads; kill -TERM 0\n')

    folder.queue(`run ${id} ${id}.out names.sh session.cmd -`)
    folder.create('after.cmd', 'echo after\n')
    folder.queue(`run a${at} a${at}.out - after.cmd -`)

    await until(() => folder.readEnd(`a${at}.out`).includes('token'))
    expect(folder.progress.statusOf(id)).toBe(143)
    expect(folder.readEnd(`${id}.out`)).toBe(`leads\n\x1e${id}.token\x1e`)
  }
})

test.each(shells)(
  'a script that cannot be begun says so in its output, which ends there, and those after it run, under %s',
  async (_name, shell) => {
    await start([], shell)
    folder.create('nowhere.sh', 'cd /nowhere 2>/dev/null || { echo "There is no /nowhere."; exit 9; }\n')
    folder.create('plain.cmd', "echo plain; sh -c 'kill -PIPE $$'; echo $?\n")

    folder.queue('run s2 s2.out nowhere.sh plain.cmd -')
    folder.create('shell.sh', 'set -- /bin/sh\n')
    folder.queue('run s3 s3.out shell.sh plain.cmd -')

    await until(() => folder.readEnd('s3.out').includes('s3.token'))
    expect(['s2', 's3'].map(folder.progress.statusOf)).toEqual([9, 0])
    expect(folder.readEnd('s2.out')).toBe('There is no /nowhere.\n\x1es2.token\x1e')
    // What ends by a lost reader ends in a script as everywhere.
    expect(folder.readEnd('s3.out')).toBe('plain\n141\n\x1es3.token\x1e')
  },
)

test.each(shells)(
  'what scripts left running may end at any moment without ending the job, under %s',
  async (_name, shell) => {
    await start([], shell)
    const ids = Array.from({ length: 300 }, (_, number) => `s${number}`)

    for (const [number, id] of ids.entries()) {
      folder.create(`${id}.cmd`, `sleep 0.0${number % 10}${number % 7} &\n`)
      folder.queue(`run ${id} ${id}.out - ${id}.cmd -`)
    }

    await until(() => folder.progress.statusOf('s299') !== undefined || supervisor.exitCode !== null)
    expect(ids.map(folder.progress.statusOf)).toEqual(ids.map(() => 0))
  },
  120_000,
)

test('a script given ahead follows the one it names, once, if that passed, was short, and did not halt the job', async () => {
  await start()
  folder.create('ran.cmd', `echo ran >>${root}/ran\n`)
  folder.create('fails.cmd', 'exit 4\n')
  folder.create('long.cmd', 'sleep 2.1\n')
  folder.create('halts.cmd', `echo >${folder.io}/halt\n`)
  const heard = (id: string) => folder.progress.statusOf(id) ?? `refused in turn ${folder.progress.refusedTurn(id)}`
  const lane = (...lines: string[]) => lines.forEach((line) => void folder.queue(line))

  lane('run s2 s2.out - ran.cmd s3', 'then s3 s3.out - ran.cmd s4 s2 1', 'then s4 s4.out - fails.cmd s5 s3 2')
  lane('then s5 s5.out - ran.cmd s6 s4 3', 'then s6 s6.out - ran.cmd - s5 4', 'run s3 s3.out - ran.cmd -')
  await until(() => folder.progress.refusedTurn('s6') === 4)
  expect(['s2', 's3', 's4', 's5', 's6'].map(heard)).toEqual([0, 0, 4, 'refused in turn 3', 'refused in turn 4'])

  lane('run s5 s5.out - long.cmd s6', 'then s6 s6.out - ran.cmd - s5 5')
  await until(() => folder.progress.refusedTurn('s6') === 5)
  lane('run s6 s6.out - ran.cmd -', 'run s7 s7.out - halts.cmd s8', 'then s8 s8.out - ran.cmd - s7 6')
  await until(() => folder.progress.refusedTurn('s8') === 6)

  expect(['s5', 's6', 's7', 's8'].map(heard)).toEqual([0, 0, 0, 'refused in turn 6'])
  expect(readFileSync(join(root, 'ran'), 'utf8')).toBe('ran\nran\nran\n')
})

test('what a script leaves running prints into no other output, however many scripts follow', async () => {
  await start()
  folder.create('leaves.cmd', 'for round in 1 2 3 4 5 6 7 8 9; do echo late; sleep 0.01; done &\n')
  folder.create('plain.cmd', 'echo plain; sleep 0.02\n')
  const ids = Array.from({ length: 12 }, (_, index) => `s${index + 2}`)

  ids.forEach((id, index) => {
    folder.queue(`run ${id} ${id}.out - ${index % 3 === 0 ? 'leaves' : 'plain'}.cmd -`)
  })
  await until(() => ids.every((id) => folder.readEnd(`${id}.out`).includes(`\x1e${id}.token\x1e`)))

  for (const [index, id] of ids.entries())
    if (index % 3 !== 0) expect(folder.readEnd(`${id}.out`)).toBe(`plain\n\x1e${id}.token\x1e`)
})

test('killing a script ends its children, whatever they ignore, and leaves other scripts alone', async () => {
  await start()
  run('b3', `exec $rondo_session /bin/sh -c 'echo $$ >${root}/other; exec sleep 300'`)
  run('s2', `exec $rondo_session /bin/sh -c 'trap "" TERM; sleep 300 & echo $! >${root}/child; wait; wait'`)
  await until(() => existsSync(join(root, 'child')) && existsSync(join(root, 'other')))
  await until(() => folder.progress.began('s2') && folder.progress.began('b3'))
  const pid = (name: string) => readFileSync(join(root, name), 'utf8').trim()
  await until(() => pid('child') !== '' && pid('other') !== '')

  folder.command('kill s2 TERM')
  folder.command('kill s2 KILL')

  await until(() => folder.progress.statusOf('s2') !== undefined && !existsSync(`/proc/${pid('child')}`))
  expect(folder.progress.statusOf('s2')).toBe(137)
  expect(existsSync(`/proc/${pid('other')}`)).toBe(true)
  process.kill(Number(pid('other')), 'SIGKILL')
})

test('in a namespace of its own, what broke away from a script is killed with it, and older daemons are not', async () => {
  chmodSync(root, 0o777)
  await start(namespace)
  const daemon = (name: string) =>
    `setsid /bin/sh -c 'touch ${root}/${name}; while :; do echo >>${root}/${name}; sleep 0.02; done' &`
  run('s2', `${daemon('older')} until [ -e ${root}/older ]; do :; done; exit 0`)
  await until(() => folder.progress.statusOf('s2') !== undefined)
  // Starts are counted in hundredths of a second.
  await sleep(30)
  writeFileSync(join(root, 'breaks-away'), `(${daemon('younger')})\nsleep 300\n`)
  run('s3', `exec $rondo_session /bin/sh ${root}/breaks-away`)
  await until(() => existsSync(join(root, 'younger')))

  folder.command('kill s3 KILL')

  await until(() => folder.progress.statusOf('s3') !== undefined)
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
  const progress = join(folder.io, 'progress')
  run('s2', `exec $rondo_session /bin/sh -c 'exec sleep 300'`)
  await until(() => folder.progress.began('s2'))
  const own = readFileSync(progress, 'utf8')

  for (const forged of ['1 0; touch hacked', '$(touch hacked) 1', '-1 0', '']) {
    appendFileSync(progress, `began s2 ${forged}\n`)
    folder.command('kill s2 KILL')
  }
  appendFileSync(progress, own)
  folder.command('kill s2 KILL')

  await until(() => folder.progress.statusOf('s2') === 137)
  expect(existsSync('/hacked')).toBe(false)
})

test('a job that floods the account of its scripts keeps nobody busy, and is still heard', async () => {
  await start()
  const progress = join(folder.io, 'progress')
  appendFileSync(progress, `${'x'.repeat(1_000_000)}\nended s2 nine\nbegan\n`)

  run('s2', 'exit 3')

  await until(() => folder.progress.statusOf('s2') !== undefined)
  expect(folder.progress.statusOf('s2')).toBe(3)
})

test.runIf(process.getuid?.() === 0)(
  'it says that it ended because it could not start a process any more',
  async () => {
    for (const path of [root, folder.io, join(folder.io, 'pipes')]) chmodSync(path, 0o777)
    // The shell of the queue, and that of what runs beside it.
    await start(['prlimit', '--nproc=2', 'setpriv', '--reuid=65431', '--regid=65431', '--clear-groups'])

    folder.create('a.cmd', 'echo a\n')
    folder.queue('run s2 s2.out - a.cmd -')

    await until(() => folder.progress.couldNotFork())
    expect(folder.progress.began('s2')).toBe(false)
  },
  20_000,
)
