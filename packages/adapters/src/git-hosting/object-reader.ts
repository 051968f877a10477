import { AppError } from '@rondo/model'
import { spawnGit } from './git-process.ts'

export interface GitObject {
  readonly id: string
  readonly type: string
  readonly content: Buffer
}

/**
 * One object by its name (`refs/heads/main^{commit}`, `<revision>:path`); undefined when there is none. Its size is known
 * before its bytes come: AppError `too-large` past `maxBytes`, with nothing read.
 */
export async function readObject(
  repositoryPath: string,
  name: string,
  maxBytes: number,
): Promise<GitObject | undefined> {
  const child = spawnGit(['-C', repositoryPath, 'cat-file', '--batch'])
  child.stdin.end(`${name}\n`)
  const chunks: Buffer[] = []
  let received = 0
  let expected: number | undefined
  try {
    for await (const chunk of child.stdout) {
      chunks.push(chunk)
      received += chunk.length
      expected ??= announcedSize(Buffer.concat(chunks))
      if (expected !== undefined && expected > maxBytes) throw tooLarge(name, expected, maxBytes)
    }
  } finally {
    if (child.exitCode === null) child.kill('SIGKILL')
  }
  const status = await child.ended
  if (status !== 0) throw new Error(`git cat-file ended with ${status}: ${child.complaint()}`)
  return parseAnswer(Buffer.concat(chunks, received))
}

/** `<id> <type> <size>`, or `<name> missing` and the like. */
const header = /^([0-9a-f]{40}) (\w+) (\d+)\n/

function announcedSize(start: Buffer): number | undefined {
  const match = header.exec(start.toString('latin1', 0, 200))
  return match === null ? undefined : Number(match[3])
}

function parseAnswer(answer: Buffer): GitObject | undefined {
  const match = header.exec(answer.toString('latin1', 0, 200))
  if (match === null) return undefined
  const [line, id = '', type = '', size] = match
  return { id, type, content: answer.subarray(line.length, line.length + Number(size)) }
}

function tooLarge(name: string, size: number, maxBytes: number): AppError {
  const path = name.slice(name.indexOf(':') + 1)
  return new AppError(
    'too-large',
    `${path} has ${size} bytes, which is more than the ${maxBytes} allowed. Make it smaller.`,
  )
}
