import { spawn } from 'node:child_process'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { CheckoutStep } from '@rondo/model'
import { failed, passed, type StepEnd } from '../reports/endings.ts'
import { runInternal } from '../task/launch.ts'
import { shellPath } from '../task/shell.ts'
import type { TaskContext } from '../task/task-context.ts'

/** Nothing of this machine's settings, and nothing that lies in a repository, changes what git does here or is run by it. */
const settings = [
  ['core.hooksPath', '/dev/null'],
  ['core.fsmonitor', 'false'],
  ['core.protectHFS', 'true'],
  ['core.protectNTFS', 'true'],
  ['protocol.allow', 'never'],
  ['protocol.http.allow', 'always'],
  ['protocol.https.allow', 'always'],
  ['submodule.recurse', 'false'],
] as const

/** Checks out for an image that has no git: the agent clones beside the job, and the job unpacks what it finds. */
export async function checkoutByAgent(task: TaskContext, step: CheckoutStep, index: number): Promise<StepEnd> {
  const out = `s${index}.out`
  const { checkout } = task.spec
  const clone = join(task.folder.root, `clone-${index}`)
  const archive = `g${index}.tar`
  task.folder.append(out, 'The image has no git: the agent fetches the repository for it. Later steps have no git.\n')
  await rm(clone, { recursive: true, force: true })
  await mkdir(clone, { mode: 0o755 })
  try {
    const depth = step.method === 'shallow' ? [`--depth=${step.depth ?? 1}`] : []
    const { revision, branch } = checkout
    const commands = [
      ['init', '--quiet', '--template=', '.'],
      ['remote', 'add', 'origin', checkout.url],
      ['fetch', '--quiet', '--tags', ...depth, 'origin', revision],
      ['checkout', '--quiet', '--force', ...(branch === null ? ['--detach'] : ['-B', branch]), revision],
    ]
    for (const command of commands) {
      const complaint = await runGit(task, clone, command)
      if (complaint === undefined) continue
      task.folder.append(out, `${complaint}\n`)
      return failed
    }
    await pack(task, clone, archive)
  } finally {
    await rm(clone, { recursive: true, force: true })
  }
  const script = `
command -v tar >/dev/null || { echo "The image has neither git nor tar. Use an image that has one of them."; exit 1; }
mkdir -p ${target(step)} && cd ${target(step)} && rm -rf .git && tar -xof "$RONDO_IO/${archive}"; status=$?
rm -f "$RONDO_IO/${archive}"
[ $status -ne 0 ] || echo "Checked out ${checkout.revision.slice(0, 10)}"
exit $status`
  return (await runInternal(task, `u${index}`, out, script)) === 0 ? passed : failed
}

function target(step: CheckoutStep): string {
  return step.path === undefined ? '.' : shellPath(step.path)
}

/** What git complained of; undefined when it did what it should. */
async function runGit(task: TaskContext, cwd: string, args: readonly string[]): Promise<string | undefined> {
  const { username, password } = task.spec.checkout
  const all = [
    ...settings,
    ['http.extraHeader', `Authorization: Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`],
  ]
  const variables = all.flatMap(([name, value], position) => [
    [`GIT_CONFIG_KEY_${position}`, name],
    [`GIT_CONFIG_VALUE_${position}`, value],
  ])
  const child = spawn('git', args, {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
    signal: task.signal,
    env: {
      PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      HOME: '/nonexistent',
      GIT_CONFIG_NOSYSTEM: '1',
      GIT_CONFIG_GLOBAL: '/dev/null',
      GIT_TERMINAL_PROMPT: '0',
      GIT_CONFIG_COUNT: String(all.length),
      ...Object.fromEntries(variables),
    },
  })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = `${said}${text}`.slice(-4_000)
  })
  return new Promise((resolve, reject) => {
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT')
        resolve("Neither the image nor the agent's machine has git. Use an image that has it, or install it there.")
      else reject(error)
    })
    child.once('close', (status) => resolve(status === 0 ? undefined : said.trim() || `git ended with ${status}`))
  })
}

async function pack(task: TaskContext, folder: string, archive: string): Promise<void> {
  const target = (await task.folder.openWrite(archive)).createWriteStream()
  // Read from at once: what a program printed before it ended is thrown away when nobody listens by then.
  const child = spawn('tar', ['-C', folder, '-cf', '-', '.'], { stdio: ['ignore', 'pipe', 'ignore'] })
  const ended = new Promise<number | null>((resolve, reject) => child.once('close', resolve).once('error', reject))
  await pipeline(child.stdout, target, { signal: task.signal })
  const status = await ended
  if (status !== 0) throw new Error(`tar ended with ${status} while the clone was packed`)
}
