import type { EnvironmentEntry } from '@rondo/model'
import type { TaskSpec } from '@rondo/protocol'
import type { Journal } from '../reports/journal.ts'
import type { TaskFolder } from '../shared-folder/task-folder.ts'
import { exports, quote, shellPath } from './shell.ts'

/**
 * The files a job's scripts are run from. Making a file takes longer than running what stands in it, so steps share few:
 * those whose prologues are the same share one, and commands take turns with two.
 */
export interface Scripts {
  /** Name of the file with a script's prologue; `-` when it has none. */
  prologue(script: { readonly id: string; readonly prologue: string; readonly command?: string }): string
  /** Name of the file with a script's command, which nothing overwrites while the script is the latest of its kind. */
  command(script: { readonly id: string; readonly background?: boolean }, text: string): string
  /** Writes a command ahead, while another one runs. */
  prepare(id: string, text: string): void
}

export function openScripts({ folder, journal }: { folder: TaskFolder; journal: Journal }): Scripts {
  const prologues = new Map<string, string>()
  const files = ['even.cmd', 'odd.cmd'] as const
  const latest = journal.notes.findLast((note) => note.type === 'launched' && files.includes(note.command as never))
  let current = latest?.type === 'launched' ? latest.command : undefined
  let prepared: { readonly id: string; readonly text: string; readonly file: string } | undefined

  function write(id: string, text: string): string {
    const file = current === files[0] ? files[1] : files[0]
    if (prepared?.id !== id || prepared.text !== text) folder.create(file, text)
    prepared = { id, text, file }
    return file
  }

  return {
    prologue({ id, prologue, command }) {
      if (prologue === '') return '-'
      const known = prologues.get(prologue)
      if (known !== undefined) return known
      const file = `${id}.sh`
      folder.create(file, prologue)
      if (command !== undefined) prologues.set(prologue, file)
      return file
    },
    command({ id, background }, text) {
      if (!background) {
        current = write(id, text)
        prepared = undefined
        return current
      }
      folder.create(`${id}.cmd`, text)
      return `${id}.cmd`
    },
    prepare: (id, text) => void write(id, text),
  }
}

/**
 * `job.sh`: makes ready what is the same for every script of a job, its variables and folder. Precedence rises from
 * project to job (semantics 24).
 */
export function jobPrologue(spec: TaskSpec, ioPath: string): string {
  const workingDirectory = spec.job.workingDirectory ?? '~/project'
  return [
    'rondo_job() {\n',
    `export RONDO_IO=${quote(ioPath)} CIRCLE_INTERNAL_TASK_DATA=${quote(ioPath)} BASH_ENV=${quote(`${ioPath}/bash_env`)}\n`,
    exports(spec.environment),
    exports(spec.job.environment),
    'export PATH="$RONDO_IO/bin:$PATH"\n',
    `wd=${shellPath(workingDirectory)}\n{ [ -d "$wd" ] || mkdir -p "$wd"; } && cd "$wd" || { echo "The working directory $wd cannot be made."; exit 1; }\n`,
    'export CIRCLE_WORKING_DIRECTORY="$wd"\n',
    '}\n',
  ].join('')
}

const requireShell = `command -v "$1" >/dev/null || { echo "The shell $1 is not in this image. Install it in an earlier step, use an image that has it, or name another shell."; exit 127; }\n`

/** What a step adds: variables of its own, its folder, its shell. */
export function stepPrologue(
  environment: readonly EnvironmentEntry[],
  directory: string | undefined,
  shell: string | undefined,
): string {
  return [
    exports(environment),
    environment.some((entry) => entry.name === 'PATH') ? 'export PATH="$RONDO_IO/bin:$PATH"\n' : '',
    directory === undefined ? '' : `cd ${shellPath(directory)} || exit 1\n`,
    shell === undefined ? '' : `set -- ${shell}\n${requireShell}`,
  ].join('')
}
