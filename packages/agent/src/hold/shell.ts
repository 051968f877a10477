import { StringDecoder } from 'node:string_decoder'
import type { Terminal } from '../executors/executor.ts'
import type { OpenStep } from '../reports/step-recorder.ts'
import { jobPrologue } from '../task/scripts.ts'
import type { TaskContext } from '../task/task-context.ts'
import type { SessionSteps } from './session-steps.ts'

/** The shell of a held job: one at a time, its output a step of its own. */
export interface HeldShell {
  open(columns: number, rows: number): void
  input(text: string): void
  resize(columns: number, rows: number): void
  close(): Promise<void>
}

interface OpenShell {
  readonly step: OpenStep
  readonly terminal: Promise<Terminal>
  readonly ended: Promise<void>
}

export function createShell(task: TaskContext, steps: SessionSteps): HeldShell {
  let current: OpenShell | undefined
  /** We end it: that its stream breaks is no failure. */
  let closing = false

  function open(columns: number, rows: number): void {
    if (current !== undefined) return
    const step = steps.begin({ name: 'Shell', kind: 'shell', command: null, background: false })
    const terminal = openTerminal(task, columns, rows)
    const ended = follow(task, step, terminal, () => closing).finally(() => {
      current = undefined
    })
    current = { step, terminal, ended }
  }

  return {
    open,
    // What is typed after the shell has ended is for nobody.
    input: (text) => void current?.terminal.then((terminal) => terminal.write(text)).catch(() => {}),
    resize: (columns, rows) =>
      void current?.terminal.then((terminal) => terminal.resize(columns, rows)).catch(() => {}),
    async close() {
      const last = current
      if (last === undefined) return
      closing = true
      await last.terminal.then((terminal) => terminal.close()).catch(() => {})
      await last.ended
    },
  }
}

async function openTerminal(task: TaskContext, columns: number, rows: number): Promise<Terminal> {
  if (task.executor.openTerminal === undefined)
    throw new Error(
      'This agent offers no shell in the way it runs jobs. Run the step again with another command instead.',
    )
  task.folder.create('shell.sh', script(task))
  return task.executor.openTerminal(task.state, `${task.executor.ioPath}/shell.sh`, { columns, rows })
}

/** The job's variables and folder, what its steps kept in `BASH_ENV`, and the best shell there is. */
function script(task: TaskContext): string {
  return [
    jobPrologue(task),
    'rondo_job\n',
    'export TERM=xterm-256color\n',
    '[ -s "$BASH_ENV" ] && . "$BASH_ENV"\n',
    'if [ -x /bin/bash ]; then exec /bin/bash -i; fi\n',
    'exec /bin/sh -i\n',
  ].join('')
}

async function follow(
  task: TaskContext,
  step: OpenStep,
  opening: Promise<Terminal>,
  closing: () => boolean,
): Promise<void> {
  // A character may come in two pieces.
  const decoder = new StringDecoder('utf8')
  try {
    const terminal = await opening
    for await (const bytes of terminal.output) {
      task.folder.append(step.out, decoder.write(Buffer.from(bytes)))
      await task.folder.appended(step.out, task.signal)
    }
    step.end({ result: 'passed', exitCode: null })
  } catch (error) {
    if (closing()) {
      step.end({ result: 'canceled', exitCode: null })
      return
    }
    task.folder.append(step.out, `The shell ended: ${error instanceof Error ? error.message : String(error)}\n`)
    step.end({ result: 'failed', exitCode: null })
  }
}
