import type { Socket } from 'node:net'
import { AppError } from '@rondo/model'
import { type GitProcess, spawnGit } from './git-process.ts'

export interface GitObject {
  readonly id: string
  readonly type: string
  readonly content: Buffer
}

export interface ObjectReader {
  /**
   * One object by its name (`refs/heads/main^{commit}`, `<revision>:path`; no line break); undefined when there is none. Its
   * size is known before its bytes come: AppError `too-large` past `maxBytes`, with nothing kept of it.
   */
  read(repositoryPath: string, name: string, maxBytes: number): Promise<GitObject | undefined>
}

/** A process that nobody asked for so long ends; while a team pushes, none is started for each look. */
const idleMs = 10_000
/** Repositories that have a process at once; another one takes the place of whoever was asked longest ago. */
const mostProcesses = 8

interface Question {
  readonly name: string
  readonly maxBytes: number
  readonly answer: (object: GitObject | undefined) => void
  readonly fail: (cause: unknown) => void
}

/** Keeps a `git cat-file --batch` for each repository that is read at present; it sees what is pushed meanwhile. */
export function createObjectReader(): ObjectReader {
  /** By path; who was asked last is the last. */
  const open = new Map<string, BatchProcess>()

  function processOf(path: string): BatchProcess {
    const known = open.get(path)
    open.delete(path)
    const reader = known ?? openBatch(path, () => open.get(path) === reader && open.delete(path))
    open.set(path, reader)
    if (open.size > mostProcesses) {
      const [longestAgo, other] = open.entries().next().value!
      open.delete(longestAgo)
      other.retire()
    }
    return reader
  }

  return {
    read: (path, name, maxBytes) =>
      new Promise((answer, fail) => processOf(path).ask({ name, maxBytes, answer, fail })),
  }
}

interface BatchProcess {
  ask(question: Question): void
  /** Answers what it was asked, then ends. */
  retire(): void
}

/** `ended`: it takes no more questions. */
function openBatch(path: string, ended: () => void): BatchProcess {
  const child = spawnGit(['-C', path, 'cat-file', '--batch'])
  const asked: Question[] = []
  let received: Buffer[] = []
  let length = 0
  let needed = 1
  const idle = setTimeout(() => retire(), idleMs)
  idle.unref()
  /** Who has nothing to answer keeps nobody from ending. */
  const handles = [child, ...[child.stdin, child.stdout, child.stderr].map((pipe) => pipe as Socket)]
  const rest = () => handles.forEach((handle) => void handle.unref())
  rest()

  function retire(): void {
    ended()
    clearTimeout(idle)
    child.stdin.end()
  }

  child.stdout.on('data', (chunk: Buffer) => {
    received.push(chunk)
    length += chunk.length
    if (length < needed) return
    let left = received.length === 1 ? chunk : Buffer.concat(received, length)
    for (let question = asked[0]; question !== undefined; question = asked[0]) {
      const answer = parseAnswer(left)
      if (answer.size > question.maxBytes) return giveUp(question, answer.size)
      needed = answer.needed
      if (left.length < needed) break
      asked.shift()
      question.answer(answer.object?.(left))
      left = left.subarray(needed)
      needed = 1
    }
    received = [left]
    length = left.length
    if (asked.length === 0) rest()
  })
  child.ended.then(
    (status) => failAll(new Error(`git cat-file ended with ${status}: ${child.complaint()}`)),
    (cause) => failAll(cause),
  )

  /** What stands behind an object that is too large would come after all its bytes: who waits for it asks another process. */
  function giveUp(question: Question, size: number): void {
    asked.shift()
    question.fail(tooLarge(question.name, size, question.maxBytes))
    const others = asked.splice(0)
    retire()
    child.stdout.removeAllListeners('data').destroy()
    stop(child)
    if (others.length === 0) return
    const next = openBatch(path, () => {})
    for (const other of others) next.ask(other)
    next.retire()
  }

  function failAll(cause: unknown): void {
    retire()
    for (const question of asked.splice(0)) question.fail(cause)
  }

  return {
    ask(question) {
      asked.push(question)
      for (const handle of handles) handle.ref()
      idle.refresh()
      child.stdin.write(`${question.name}\n`)
    },
    retire,
  }
}

function stop(child: GitProcess): void {
  if (child.exitCode === null) child.kill('SIGKILL')
}

/** `<id> <type> <size>`, or `<name> missing` and the like. */
const header = /^([0-9a-f]{40}) (\w+) (\d+)\n/

/** `needed`: bytes of the whole answer; more than there are when its end is not known yet. `object`: none for what is missing. */
function parseAnswer(start: Buffer): {
  readonly size: number
  readonly needed: number
  readonly object?: (answer: Buffer) => GitObject
} {
  const end = start.indexOf('\n')
  if (end < 0) return { size: 0, needed: start.length + 1 }
  const match = header.exec(start.toString('latin1', 0, end + 1))
  if (match === null) return { size: 0, needed: end + 1 }
  const [line, id = '', type = '', digits] = match
  const size = Number(digits)
  return {
    size,
    needed: line.length + size + 1,
    object: (answer) => ({ id, type, content: Buffer.from(answer.subarray(line.length, line.length + size)) }),
  }
}

function tooLarge(name: string, size: number, maxBytes: number): AppError {
  const path = name.slice(name.indexOf(':') + 1)
  return new AppError(
    'too-large',
    `${path} has ${size} bytes, which is more than the ${maxBytes} allowed. Make it smaller.`,
  )
}
