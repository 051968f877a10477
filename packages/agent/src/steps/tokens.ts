import { closeSync, readSync } from 'node:fs'
import { AppError } from '@rondo/model'
import type { WantedToken } from '@rondo/protocol'
import { untilReachable } from '../control-plane/retry.ts'
import type { TaskFolder } from '../shared-folder/task-folder.ts'
import type { TaskContext } from '../task/task-context.ts'

/** Where `circleci run oidc get` says that it asks: a number a line, each with its question in `token.N.ask`. */
const asks = 'tokens.out'
const readAtOnce = 4_096

/**
 * Answers the job's `circleci run oidc get`: writes `token.N.token` or `token.N.error`, then `token.N.ready`, until the
 * answer is called. What is asked comes from the job and may be anything.
 */
export function answerTokens(task: TaskContext): () => void {
  const lines = followLines(task.folder, asks)
  return task.notices.onOutput(asks, () => {
    for (const line of lines()) {
      if (!/^\d{1,9}$/.test(line) || task.folder.readSmall(`token.${line}.ready`) !== undefined) continue
      // A job that removes the folder's files waits in vain, and nobody else does.
      void answer(task, line).catch(() => {})
    }
  })
}

async function answer(task: TaskContext, id: string): Promise<void> {
  const question = task.folder.readSmall(`token.${id}.ask`)
  if (question === undefined) return
  try {
    const wanted = wantedToken(question)
    const { token } = await untilReachable(() => task.controlPlane.mintToken(task.spec, wanted), task.signal)
    task.folder.create(`token.${id}.token`, `${token}\n`)
  } catch (error) {
    if (task.signal.aborted) return
    task.folder.create(`token.${id}.error`, `${error instanceof Error ? error.message : String(error)}\n`)
  }
  task.folder.create(`token.${id}.ready`, '')
}

/** First line whether the root issuer is wanted, then the claims as JSON. Only the audience is anybody's to choose. */
function wantedToken(question: string): WantedToken {
  const [root, ...rest] = question.split('\n')
  const rootIssuer = root === 'root'
  const text = rest.join('\n').trim()
  if (text === '') return { rootIssuer }
  const claims = parse(text)
  const other = Object.keys(claims).find((name) => name !== 'aud')
  if (other !== undefined)
    throw new AppError(
      'bad-request',
      `the claim "${other}" cannot be chosen; only "aud" can. Leave it out of --claims.`,
    )
  const { aud } = claims
  const texts = Array.isArray(aud) ? aud : [aud ?? '']
  if (texts.some((one) => typeof one !== 'string'))
    throw new AppError('bad-request', 'the claim "aud" must be a text, or a list of texts.')
  return aud === undefined ? { rootIssuer } : { rootIssuer, audience: aud as string | readonly string[] }
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return { ...value }
  } catch {}
  throw new AppError('bad-request', `--claims is no JSON object. Write it as --claims '{"aud": "…"}'.`)
}

/** Whole lines that came since the last call. */
function followLines(folder: TaskFolder, name: string): () => readonly string[] {
  let at = 0
  let rest = ''
  return () => {
    const file = folder.openOutput(name)
    if (file === undefined) return []
    try {
      const buffer = Buffer.alloc(readAtOnce)
      const read = readSync(file, buffer, 0, readAtOnce, at)
      at += read
      const lines = (rest + buffer.toString('latin1', 0, read)).split('\n')
      rest = (lines.pop() ?? '').slice(-100)
      return lines
    } finally {
      closeSync(file)
    }
  }
}
