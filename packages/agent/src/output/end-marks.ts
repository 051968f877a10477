/** Finds the marks with which the supervisor ends each script's output, and takes them out of the stream. */
export interface EndMarks {
  /** The bytes that are the job's own; a piece that may be the start of a mark waits for more. */
  push(bytes: Buffer): Buffer
  /** What waited, once no more will come. */
  rest(): Buffer
  /** Whether the mark of a script has come by. */
  seen(id: string): boolean
}

const separator = '\x1e'
const longestId = 24

/** What the supervisor prints when a script has ended. */
export function endMark(id: string, token: string): string {
  return `${separator}${id}.${token}${separator}`
}

/** `token` is the attempt's own, so that no program prints a mark by chance. */
export function createEndMarks(token: string): EndMarks {
  const mark = new RegExp(`${separator}([a-z0-9-]{1,${longestId}})\\.${token}${separator}`, 'g')
  const longest = longestId + token.length + 3
  const found = new Set<string>()
  let held = ''

  return {
    push(bytes) {
      if (held === '' && !bytes.includes(0x1e)) return bytes
      const text = (held + bytes.toString('latin1')).replace(mark, (_whole, id: string) => {
        found.add(id)
        return ''
      })
      const last = text.lastIndexOf(separator)
      const open = last >= 0 && text.length - last < longest && mayGrow(text.slice(last), token)
      held = open ? text.slice(last) : ''
      return Buffer.from(open ? text.slice(0, last) : text, 'latin1')
    },
    rest() {
      const bytes = Buffer.from(held, 'latin1')
      held = ''
      return bytes
    },
    seen: (id) => found.has(id),
  }
}

/** Whether text from a separator on could still become a mark. */
function mayGrow(text: string, token: string): boolean {
  const match = /^([a-z0-9-]*)(?:\.(.*))?$/s.exec(text.slice(separator.length))
  return (
    match !== null && (match[1]?.length ?? 0) <= longestId && (match[2] === undefined || token.startsWith(match[2]))
  )
}
