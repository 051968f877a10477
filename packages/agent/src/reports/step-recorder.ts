import { createHash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import type { ControlPlane, TaskSpec } from '@rondo/protocol'
import { type Masker, maskText, type ReencodedNote } from '../output/masker.ts'
import { createOutputPump, type OutputPump, type PumpTotals } from '../output/pump.ts'
import type { Notices } from '../shared-folder/notices.ts'
import { statusOf } from '../shared-folder/script-status.ts'
import type { TaskFolder } from '../shared-folder/task-folder.ts'
import { isShutdown, type StepEnd } from './endings.ts'
import type { Journal } from './journal.ts'
import type { Reporter } from './reporter.ts'

export interface StepHeading {
  readonly name: string
  readonly kind: string
  readonly command: string | null
  readonly background: boolean
}

/** A step under way: its output flows until its end. */
export interface OpenStep {
  /** File of the shared folder that holds its output. */
  readonly out: string
  readonly pump: OutputPump
  /** Its work is over. Nobody waits for its output to arrive: `settled` does. */
  end(end: StepEnd): void
}

/** Tells the server of steps: that they began, what they print, how they ended. */
export interface StepRecorder {
  begin(index: number, heading: StepHeading): OpenStep
  /** Steps that ended before this agent began: their ends, and what of their output is missing, are on the way. */
  readonly ended: ReadonlyMap<number, StepEnd>
  /** Whether a step was begun, by this agent or the one before. */
  known(index: number): boolean
  /** Text without the task's secrets, for what is cut before it leaves. */
  mask(text: string): string
  /** Ends when every end so far is reported, each after all output of its step is durable, in the order they came. */
  settled(): Promise<void>
}

export interface StepRecorderPorts {
  readonly spec: TaskSpec
  /** Maskers of the task's secrets. */
  readonly newMasker: (note?: ReencodedNote) => Masker
  readonly folder: TaskFolder
  readonly journal: Journal
  readonly reporter: Reporter
  readonly controlPlane: ControlPlane
  readonly notices: Notices
  readonly signal: AbortSignal
  /** Aborted when there is nothing more to say: a canceled task still has its last output to send. */
  readonly sending: AbortSignal
}

const noOutput: PumpTotals = { bytes: 0, sha256: createHash('sha256').digest('hex'), truncated: false }

/** Goes on from where the journal ends. */
export function createStepRecorder(ports: StepRecorderPorts): StepRecorder {
  const { spec, newMasker, folder, journal, reporter, signal } = ports
  /** Sequence number of the entry that told of a step's start. */
  const begun = new Map<number, number>()
  const ended = new Map<number, StepEnd>()
  const reported = new Set<number>()
  for (const [position, entry] of journal.entries.entries()) {
    if (entry.type === 'step-started') begun.set(entry.step, position + 1)
    if (entry.type === 'step-finished') reported.add(entry.step)
  }
  let reports = Promise.resolve()

  function openPump(step: number, fresh: boolean): OutputPump {
    return createOutputPump(
      ports.controlPlane,
      folder,
      {
        ref: spec,
        step,
        file: outOf(step),
        masker: newMasker((found) => reencodedNote(spec, found)),
        maxBytes: spec.limits.maxOutputBytesPerStep,
        fresh,
        stopped: signal,
        announced: () => reporter.acknowledged(begun.get(step)),
      },
      ports.sending,
    )
  }

  function conclude(step: number, pump: OutputPump, end: StepEnd, at: string): void {
    // The step that follows is started first: nobody waits for this.
    const flushed = nextTurn()
      .then(() => pump.finish(endedScripts(outOf(step))))
      .catch(() => noOutput)
    reports = reports.then(async () => {
      const totals = await flushed
      if (isShutdown(signal)) return
      reporter.report({
        type: 'step-finished',
        step,
        ...end,
        outputBytes: totals.bytes,
        outputSha256: totals.sha256,
        truncated: totals.truncated,
        at,
      })
    })
    // Whoever waits for `settled` hears of it.
    reports.catch(() => {})
  }

  /** Scripts that printed into a file and have ended: their marks are in it, or on the way. */
  function endedScripts(out: string): readonly string[] {
    return journal.launchedInto(out).filter((id) => statusOf(folder, id) !== undefined)
  }

  for (const note of journal.notes) {
    if (note.type !== 'ended') continue
    ended.set(note.step, note.end)
    if (!reported.has(note.step)) conclude(note.step, openPump(note.step, false), note.end, note.at)
  }

  return {
    ended,
    known: (index) => begun.has(index),
    begin(index, heading) {
      const fresh = !begun.has(index)
      if (fresh)
        begun.set(
          index,
          reporter.report({ type: 'step-started', step: index, ...heading, at: new Date().toISOString() }),
        )
      const pump = openPump(index, fresh)
      const unsubscribe = ports.notices.onOutput(outOf(index), pump.poke)
      if (!fresh) pump.poke()
      return {
        out: outOf(index),
        pump,
        end(end) {
          unsubscribe()
          if (isShutdown(signal)) {
            reports = reports.then(() => pump.abandon())
            return
          }
          const at = new Date().toISOString()
          journal.note({ type: 'ended', step: index, end, at })
          conclude(index, pump, end, at)
        },
      }
    },
    mask: (text) => maskText(newMasker(), text),
    settled: () => reports,
  }
}

/** At the end of the output, for whoever owns the secret. */
function reencodedNote({ environment }: Pick<TaskSpec, 'environment'>, secrets: ReadonlySet<string>): string {
  const names = [...secrets].map(
    (secret) => environment.find(({ value }) => value === secret)?.name ?? 'a secret of the job',
  )
  return `\n[Printed here in a form that masks do not expect, and masked all the same: ${[...new Set(names)].join(', ')}. Nobody does that by accident: look at what this step ran, and replace the value.]\n`
}

function outOf(step: number): string {
  return `s${step}.out`
}
