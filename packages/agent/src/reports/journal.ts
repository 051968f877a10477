import { closeSync, fdatasync, openSync, readFileSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ReportEntry } from '@rondo/protocol'
import { createPatientWriter } from '../room/patient-writer.ts'
import type { StepEnd } from './endings.ts'

type Line = { readonly entry: ReportEntry } | { readonly note: Note }

/** What only the agent needs to go on after a restart. Holds no secret. */
export type Note =
  | { readonly type: 'executor'; readonly kind: string; readonly state: Readonly<Record<string, string>> }
  /** The environment stays for the job's owner until then, milliseconds since 1970 on this machine's clock. */
  | { readonly type: 'held'; readonly until: number }
  /** The last that the owner of a held job asked for. */
  | { readonly type: 'ordered'; readonly id: number }
  | { readonly type: 'launched'; readonly id: string; readonly out: string }
  /** The steps are over, and what runs in the background is asked to end. */
  | { readonly type: 'stopping' }
  /** The step's work is over; its output may still be on the way to the server. */
  | { readonly type: 'ended'; readonly step: number; readonly end: StepEnd; readonly at: string }

/**
 * The agent's own record of one attempt, written before anything else learns of it. A line is with the kernel when its
 * call returns, so a killed agent loses none; on a full disk it is when `kept` ends. What must outlive the machine asks for `synced`.
 */
export interface Journal {
  readonly entries: readonly ReportEntry[]
  readonly notes: readonly Note[]
  /** Ids of the scripts that were launched. */
  readonly launched: ReadonlySet<string>
  /** Those of them that print into a file. */
  launchedInto(out: string): readonly string[]
  /** Keeps an entry that the server is to be told; answers its sequence number, which begins at 1. */
  report(entry: ReportEntry): number
  note(note: Note): void
  /** Ends when there was room for everything so far; rejects when the signal aborts first. */
  kept(signal?: AbortSignal): Promise<void>
  /** Ends when everything so far is on the disk; rejects when the signal aborts first. */
  synced(signal?: AbortSignal): Promise<void>
  close(): void
}

const sync = promisify(fdatasync)

export function openJournal(root: string): Journal {
  const path = join(root, 'journal.jsonl')
  const lines = readText(path).split('\n')
  const entries: ReportEntry[] = []
  const notes: Note[] = []
  const launched = new Set<string>()
  const byOutput = new Map<string, string[]>()
  for (const text of lines) {
    const line = parseLine(text)
    if (line === undefined) continue
    if ('entry' in line) entries.push(line.entry)
    else take(line.note)
  }
  const file = openSync(path, 'a', 0o600)
  const writer = createPatientWriter((bytes) => writeSync(file, bytes))
  // A torn last line ends where the next one begins.
  if (lines.at(-1)) writer.write(Buffer.from('\n'))
  let closed = false

  function take(note: Note): void {
    notes.push(note)
    if (note.type !== 'launched') return
    launched.add(note.id)
    const others = byOutput.get(note.out)
    if (others === undefined) byOutput.set(note.out, [note.id])
    else others.push(note.id)
  }

  function keep(line: Line): void {
    // The number of a closed file may be another file's by now.
    if (closed) throw new Error('the journal of the attempt is closed')
    writer.write(Buffer.from(`${JSON.stringify(line)}\n`))
  }

  async function kept(signal?: AbortSignal): Promise<void> {
    if (!closed) await writer.written(signal)
  }

  return {
    entries,
    notes,
    launched,
    launchedInto: (out) => byOutput.get(out) ?? [],
    report(entry) {
      keep({ entry })
      return entries.push(entry)
    },
    note(note) {
      keep({ note })
      take(note)
    },
    kept,
    async synced(signal) {
      await kept(signal)
      if (!closed) await sync(file)
    },
    close() {
      closed = true
      closeSync(file)
    },
  }
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}

function parseLine(text: string): Line | undefined {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
