import { createHash, randomInt } from 'node:crypto'
import { type JobSsh, openJobSsh, type SshSessionRequest } from '@rondo/adapters'
import { failed, passed } from '../reports/endings.ts'
import { enableSshStep, type TaskContext } from '../task/task-context.ts'
import { hostKey } from './host-key.ts'
import type { SshOptions } from './ssh-options.ts'

/** A job that people may enter while it runs. */
export interface SshDoor {
  /** What to type, as a line. */
  readonly command: string
  connections(): number
  close(): Promise<void>
}

const portsTried = 50

/** Opens the job and tells how to get in, as a step; undefined when it is not to be opened, or cannot be. */
export async function openSshDoor(task: TaskContext, options: SshOptions | undefined): Promise<SshDoor | undefined> {
  if (task.spec.ssh !== true) return undefined
  const told = task.steps.ended.has(enableSshStep)
  const step = told
    ? undefined
    : task.steps.begin(enableSshStep, { name: 'Enable SSH', kind: 'ssh', command: null, background: false })
  const say = (text: string) => {
    if (step !== undefined) task.folder.append(step.out, `${text}\n`)
  }
  try {
    const opened = await listen(task, options)
    if (!('ssh' in opened)) {
      say(opened.problem)
      step?.end(failed)
      return undefined
    }
    const { ssh, command, fingerprint } = opened
    say(`You can enter this job over SSH, with a key that "rondo ssh-key add" made known:\n\n    ${command}\n`)
    say(`The host's key is ${fingerprint}.`)
    step?.end(passed)
    return { command, connections: () => ssh.connections(), close: () => ssh.close() }
  } catch (error) {
    say(`SSH could not be opened: ${error instanceof Error ? error.message : String(error)}`)
    step?.end(failed)
    return undefined
  }
}

type Opened =
  | { readonly ssh: JobSsh; readonly command: string; readonly fingerprint: string }
  | { readonly problem: string }

async function listen(task: TaskContext, options: SshOptions | undefined): Promise<Opened> {
  if (options === undefined || task.executor.openProgram === undefined)
    return { problem: 'This agent runs jobs in a way that cannot be entered over SSH. The job runs without.' }
  const key = await hostKey(options.folder)
  const ssh = await openJobSsh(
    {
      admits: async (sha256, proven) => (await task.controlPlane.admitSsh(task.spec, sha256, proven)).login !== null,
      open: (request) => open(task, request),
    },
    { hostKey: key.privateKey, host: options.bind, ports: portsToTry(task, options.ports) },
  )
  const [first, last] = options.ports
  if (ssh === undefined) return { problem: `No port from ${first} to ${last} is free on the agent's machine.` }
  return { ssh, command: `ssh -p ${ssh.port} ${options.host}`, fingerprint: key.fingerprint }
}

/** The same for an attempt whoever runs it, so that a restarted agent opens the port that people were told. */
function portsToTry({ spec }: TaskContext, [first, last]: SshOptions['ports']): readonly number[] {
  const count = last - first + 1
  const start = createHash('sha256').update(spec.attemptId).digest().readUInt32BE(0) % count
  const others = Array.from({ length: Math.min(portsTried, count) }, () => first + randomInt(count))
  return [first + start, ...others]
}

const sftpServers = ['/usr/lib/openssh', '/usr/libexec/openssh', '/usr/lib/ssh', '/usr/libexec']

async function open(task: TaskContext, { command, sftp, terminal }: SshSessionRequest) {
  const { executor, folder, state } = task
  folder.create('ssh.sh', script(executor.ioPath))
  const wanted = sftp ? 'sftp' : (command ?? '')
  const argv = ['/bin/sh', `${executor.ioPath}/ssh.sh`, terminal?.type ?? '', sftp ? 'sftp' : 'run', wanted]
  return executor.openProgram!(state, argv, terminal)
}

/** The job's variables and folder, what its steps kept in `BASH_ENV`, and the best shell there is. */
function script(ioPath: string): string {
  return `. ${ioPath}/job.sh
rondo_job
[ -n "$1" ] && export TERM="$1"
[ -s "$BASH_ENV" ] && . "$BASH_ENV"
if [ "$2" = sftp ]; then
  for folder in ${sftpServers.join(' ')}; do [ -x "$folder/sftp-server" ] && exec "$folder/sftp-server"; done
  echo "The image has no sftp-server. Copy files with: ssh … tar" >&2
  exit 127
fi
shell=/bin/sh
[ -x /bin/bash ] && shell=/bin/bash
[ -n "$3" ] && exec "$shell" -c "$3"
exec "$shell" -i
`
}
