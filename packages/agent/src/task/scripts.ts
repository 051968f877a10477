import { createHash } from 'node:crypto'
import type { EnvironmentEntry } from '@rondo/model'
import type { TaskFolder } from '../shared-folder/task-folder.ts'
import { chooseAddress, repositoryAddresses } from './repository-address.ts'
import { exports, quote, shellPath } from './shell.ts'
import type { TaskBase } from './task-context.ts'

/**
 * The files a job's scripts are run from. Making a file takes longer than running what stands in it, so scripts that say
 * the same share one, by its digest; none is ever written anew, for a shell reads on in its file while it runs.
 */
export interface Scripts {
  /** Name of the file with this text; `-` when there is nothing to say. */
  fileOf(text: string): string
}

export function openScripts(folder: TaskFolder): Scripts {
  const names = new Map<string, string>()
  return {
    fileOf(text) {
      if (text === '') return '-'
      const known = names.get(text)
      if (known !== undefined) return known
      const name = `${createHash('sha256').update(text).digest('hex').slice(0, 24)}.sh`
      // An agent before this one may have made it, and a script may be running from it.
      if (folder.size(name) !== Buffer.byteLength(text)) folder.create(name, text)
      names.set(text, name)
      return name
    },
  }
}

/**
 * `job.sh`: makes ready what is the same for every script of a job, its variables and folder. Precedence rises from
 * project to job (semantics 24).
 */
export function jobPrologue({ spec, executor }: Pick<TaskBase, 'spec' | 'executor'>, first = ''): string {
  const { ioPath } = executor
  const workingDirectory = spec.job.workingDirectory ?? '~/project'
  return [
    // A supervisor that waited for any job learns here which it has got.
    `rondo_token=${quote(spec.attemptId)}\n`,
    'rondo_job() {\n',
    first,
    `export RONDO_IO=${quote(ioPath)} CIRCLE_INTERNAL_TASK_DATA=${quote(ioPath)} BASH_ENV=${quote(`${ioPath}/bash_env`)}\n`,
    exports(spec.environment),
    // The server knows it as people do, which may be another address than the job's.
    chooseAddress('CIRCLE_REPOSITORY_URL', repositoryAddresses(spec, executor)),
    'export CIRCLE_REPOSITORY_URL\n',
    exports(spec.job.environment),
    'export PATH="$RONDO_IO/bin:$PATH"\n',
    `wd=${shellPath(workingDirectory)}\n{ [ -d "$wd" ] || mkdir -p "$wd"; } && cd "$wd" || { echo "The working directory $wd cannot be made. Give working_directory a folder that the user $(u=$(id -un 2>/dev/null) || u=$(id -u); echo "$u") may make."; exit 1; }\n`,
    'export CIRCLE_WORKING_DIRECTORY="$wd"\n',
    '}\n',
  ].join('')
}

const requireShell = `command -v "$1" >/dev/null || { echo "The shell $1 is not in this image. Install it in an earlier step, use an image that has it, or name another shell."; exit 127; }\n`

const shellNames = new Set(['sh', 'bash', 'dash', 'ash', 'ksh', 'zsh'])

/**
 * Whether a shell was told to take its program from an argument (`bash -euo pipefail -c`), where it will find the name of a file:
 * then the program is to read that file, so that the shell's options hold in it.
 */
function readsText(shell: string): boolean {
  const words = shell.trim().split(/\s+/)
  const named = words.some((word) => shellNames.has(word.split('/').at(-1) ?? ''))
  return named && /^-[a-zA-Z]*c$/.test(words.at(-1) ?? '')
}

/** Only the job's folder is made. Variables in the name are none: configs know no shell (semantics 24). */
function goTo(directory: string): string {
  const missing = `The step's working_directory ${directory} is not there, or cannot be entered. An earlier step has to make it.`
  const literal = directory.includes('$') ? ' Variables in it are taken as they are written.' : ''
  return `cd ${shellPath(directory)} 2>/dev/null || { echo ${quote(missing + literal)}; exit 1; }\n`
}

/** What a step adds: variables of its own, its folder, its shell. */
export function stepPrologue(
  environment: readonly EnvironmentEntry[],
  directory: string | undefined,
  shell: string | undefined,
): string {
  return [
    exports(environment),
    environment.some((entry) => entry.name === 'PATH') ? 'export PATH="$RONDO_IO/bin:$PATH"\n' : '',
    directory === undefined ? '' : goTo(directory),
    shell === undefined ? '' : `set -- ${readsText(shell) ? `${shell} '. "$0"'` : shell}\n${requireShell}`,
  ].join('')
}
