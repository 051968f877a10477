import { fstatSync, writeSync } from 'node:fs'
import { createPatientWriter } from '../room/patient-writer.ts'

export type Log = (message: string, fields?: Readonly<Record<string, unknown>>) => void

/**
 * Says lines on standard output. For a person at a terminal the status is a line to read; for everybody else each line is one
 * record. Where that is a file, and its disk is full, lines come later; nobody ends because of what cannot be written.
 */
export function openLog(out: NodeJS.WriteStream & { readonly fd: number }): Log {
  const say = sayTo(out)
  return (message, fields = {}) => {
    const time = new Date().toISOString()
    say(
      out.isTTY && typeof fields.status === 'string'
        ? `${time.slice(11, 19)} ${fields.status}\n`
        : `${JSON.stringify({ time, part: 'agent', message, ...fields })}\n`,
    )
  }
}

function sayTo(out: NodeJS.WriteStream & { readonly fd: number }): (line: string) => void {
  // Whoever reads it may be gone.
  out.on('error', () => {})
  if (!fstatSync(out.fd).isFile()) return (line) => void out.write(line)
  const writer = createPatientWriter((bytes) => writeSync(out.fd, bytes))
  return (line) => {
    try {
      writer.write(Buffer.from(line))
    } catch {
      // A line that its disk refuses for good is lost; the jobs are worth more.
    }
  }
}
