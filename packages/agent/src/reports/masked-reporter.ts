import type { ReportEntry } from '@rondo/protocol'
import type { Reporter } from './reporter.ts'

/**
 * A reporter through which no secret passes in words: not in names and commands of steps, images and the job's last word (row
 * S-05). Paths of artifacts stay as they are: under them the files are found, and links between them hold.
 */
export function maskedReporter(reporter: Reporter, mask: (text: string) => string): Reporter {
  return { ...reporter, report: (entry) => reporter.report(masked(entry, mask)) }
}

function masked(entry: ReportEntry, mask: (text: string) => string): ReportEntry {
  const ifThere = <T extends string | null>(text: T) => (text === null ? text : mask(text))
  switch (entry.type) {
    case 'step-started':
      // Before the first word of the job there are no masks yet, and making them takes milliseconds that its start need not wait.
      if (entry.kind === 'spin_up') return entry
      return { ...entry, name: mask(entry.name), command: ifThere(entry.command) }
    case 'image-resolved':
      return { ...entry, image: mask(entry.image) }
    case 'task-finished':
      return { ...entry, message: ifThere(entry.message) }
    case 'step-finished':
    case 'cache-saved':
    case 'workspace-persisted':
    case 'artifact-stored':
    // Masked where they are read, before they are cut.
    case 'tests-stored':
      return entry
  }
}
