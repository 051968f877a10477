import { type FileHandle, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ReportEntry } from '@rondo/protocol'

type Line = { readonly entry: ReportEntry } | { readonly note: Note }

/** What only the agent needs to go on after a restart. Holds no secret. */
export type Note =
  | { readonly type: 'executor'; readonly kind: string; readonly state: Readonly<Record<string, string>> }
  | { readonly type: 'launched'; readonly id: string; readonly out: string }

/** The agent's own record of one attempt, on disk before anything else learns of it. */
export interface Journal {
  readonly entries: readonly ReportEntry[]
  readonly notes: readonly Note[]
  /** Keeps an entry that the server is to be told. */
  report(entry: ReportEntry): void
  note(note: Note): void
  /** Ends when everything kept so far is on disk. */
  flushed(): Promise<void>
  close(): Promise<void>
}

export async function openJournal(root: string): Promise<Journal> {
  const path = join(root, 'journal.jsonl')
  const lines = (await readFile(path, 'utf8').catch(() => '')).split('\n')
  const entries: ReportEntry[] = []
  const notes: Note[] = []
  for (const text of lines) {
    const line = parseLine(text)
    if (line === undefined) continue
    if ('entry' in line) entries.push(line.entry)
    else notes.push(line.note)
  }
  const file: FileHandle = await open(path, 'a', 0o600)
  // A torn last line ends where the next one begins.
  let tail: Promise<unknown> = lines.at(-1) ? file.appendFile('\n') : Promise.resolve()

  function keep(line: Line): void {
    tail = tail.then(() => file.appendFile(`${JSON.stringify(line)}\n`))
  }

  return {
    entries,
    notes,
    report(entry) {
      entries.push(entry)
      keep({ entry })
    },
    note(note) {
      notes.push(note)
      keep({ note })
    },
    async flushed() {
      await tail
    },
    async close() {
      await tail
      await file.close()
    },
  }
}

function parseLine(text: string): Line | undefined {
  try {
    return text === '' ? undefined : JSON.parse(text)
  } catch {
    return undefined
  }
}
