import { TextDecoder } from 'node:util'

/** What a commit object says of itself. */
export interface Commit {
  readonly authorName: string
  readonly authorEmail: string
  readonly subject: string
  readonly body: string
}

/** Reads a raw commit object: headers, an empty line, the message. */
export function parseCommit(content: Buffer): Commit {
  const split = content.indexOf('\n\n')
  const headers = content.subarray(0, split === -1 ? content.length : split)
  const decoder = decoderOf(/^encoding (.+)$/m.exec(headers.toString('latin1'))?.[1])
  const author = /^author (.*?) ?<(.*?)> -?\d+ [-+]\d+$/m.exec(decoder.decode(headers))
  const message = split === -1 ? '' : decoder.decode(content.subarray(split + 2))
  return { authorName: author?.[1] ?? '', authorEmail: author?.[2] ?? '', ...splitMessage(message) }
}

/** The subject is the first paragraph in one line, as git shows it. */
function splitMessage(message: string): Pick<Commit, 'subject' | 'body'> {
  const [first = '', ...rest] = message.trimStart().split(/\n[ \t]*\n/)
  return { subject: first.trim().replace(/\s*\n\s*/g, ' '), body: rest.join('\n\n').trim() }
}

/** Encodings that we do not know are read as UTF-8, which says so by replacement characters. */
function decoderOf(encoding: string | undefined): TextDecoder {
  try {
    return new TextDecoder(encoding)
  } catch {
    return new TextDecoder()
  }
}
