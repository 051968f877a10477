import { AppError, type GitHosting, type GitService, type PushedRef } from '@rondo/model'
import { type GitProcess, git, spawnGit } from './git-process.ts'
import { remoteMessages } from './pkt-line.ts'
import { PushAnswer, PushRequest, pushRefusal } from './push.ts'

export interface Exchange {
  readonly path: string
  readonly body: AsyncIterable<Uint8Array>
  readonly options: Parameters<GitHosting['serve']>[3]
  readonly maxPackBytes: number
  /** Whether git speaks first and answers as often as it is asked, as on a connection of its own. */
  readonly conversing?: boolean
}

/** Runs `git upload-pack` on the body of a fetch. */
export async function* serveFetch({ path, body, options, conversing }: Exchange): AsyncGenerator<Uint8Array> {
  const child = conversing
    ? spawnGit(['upload-pack', path], { variables: protocolVariable(options.protocol), signal: options.signal })
    : start('git-upload-pack', path, options, {})
  const feeding = feed(child, body)
  let answered = false
  try {
    for await (const chunk of child.stdout) {
      answered = true
      yield chunk
    }
    // Its status tells nothing more: it ends with 128 when a client only negotiates.
    const status = await child.ended
    options.signal.throwIfAborted()
    if (status === null || (status !== 0 && !answered)) throw feeding.failure ?? failed('upload-pack', child, status)
  } finally {
    child.kill()
  }
}

/**
 * Runs `git receive-pack` on the body of a push. `onPush` is told what it is to move before git hears of the last of it, and of what
 * did move: exactly once, and also when the pusher went away or the push was canceled.
 */
export async function* servePush({ path, body, options, maxPackBytes }: Exchange): AsyncGenerator<Uint8Array> {
  const child = start('git-receive-pack', path, options, { 'receive.maxInputSize': String(maxPackBytes) })
  const request = new PushRequest()
  let announced = false
  let refused: AppError | undefined
  const feeding = feed(child, body, async (chunk) => {
    request.look(chunk)
    if (announced || request.commands.length === 0) return
    announced = true
    await options.onPush?.announced(request.commands, request.options).catch((error: unknown) => {
      if (!(error instanceof AppError)) throw error
      // Git has not heard the end of what is asked for, so nothing moves.
      refused = error
      child.kill('SIGKILL')
    })
  })
  let answer: PushAnswer | undefined
  let told = false

  const tell = async (accepted: ReadonlySet<string>) => {
    told = true
    if (!announced) return []
    return messagesAbout(
      request.commands.filter((command) => accepted.has(command.ref)),
      request.options,
      options.onPush,
    )
  }

  try {
    for await (const chunk of child.stdout) {
      // Git answers after it has read all commands, so what they ask for is known by now.
      answer ??= new PushAnswer(request.has('side-band-64k'))
      const bytes = answer.pass(chunk)
      if (bytes.length > 0) yield bytes
    }
    const status = await child.ended
    options.signal.throwIfAborted()
    if (refused !== undefined) {
      // A client listens only after it has said everything.
      await feeding.done
      yield pushRefusal(request, refused.message)
      return
    }
    if (status === null || (status !== 0 && answer === undefined))
      throw feeding.failure ?? failed('receive-pack', child, status)
    const reports = request.has('report-status') || request.has('report-status-v2')
    const messages = await tell(
      reports && answer !== undefined ? answer.accepted : await refsMoved(path, request.commands),
    )
    if (answer !== undefined) yield answer.end(remoteMessages(messages))
  } finally {
    child.kill()
    await child.ended.catch(() => {})
    if (!told) await tell(await refsMoved(path, request.commands))
  }
}

/** The refs a service begins by naming. */
export async function* advertise(
  path: string,
  service: GitService,
  protocol: string | undefined,
): AsyncGenerator<Uint8Array> {
  const child = spawnGit([service.slice(4), '--stateless-rpc', '--advertise-refs', path], {
    variables: protocolVariable(protocol),
  })
  child.stdin.end()
  try {
    yield* child.stdout
    const status = await child.ended
    if (status !== 0) throw failed(service, child, status)
  } finally {
    child.kill()
  }
}

function start(
  service: GitService,
  path: string,
  options: Exchange['options'],
  settings: Record<string, string>,
): GitProcess {
  const variables = protocolVariable(options.protocol)
  return spawnGit([service.slice(4), '--stateless-rpc', path], { settings, variables, signal: options.signal })
}

function protocolVariable(protocol: string | undefined): Record<string, string> {
  return protocol !== undefined && /^[\w=:.-]{1,100}$/.test(protocol) ? { GIT_PROTOCOL: protocol } : {}
}

/**
 * Sends the body to git. When git has had enough (it refused the pack, say) the rest is read and dropped: a client listens
 * only after it has said everything. A body that breaks off, or that `look` refuses, ends git; `failure` then says why.
 */
function feed(
  child: GitProcess,
  body: AsyncIterable<Uint8Array>,
  look: (chunk: Uint8Array) => void | Promise<void> = () => {},
): { readonly failure: unknown; readonly done: Promise<void> } {
  const feeding: { failure: unknown; done: Promise<void> } = { failure: undefined, done: Promise.resolve() }
  const run = async () => {
    for await (const chunk of body) {
      await look(chunk)
      if (!child.stdin.destroyed && !child.stdin.write(chunk) && !child.stdin.destroyed) await writable(child.stdin)
    }
    child.stdin.end()
  }
  feeding.done = run().catch((failure: unknown) => {
    feeding.failure = failure
    child.kill('SIGKILL')
  })
  return feeding
}

function writable(stream: NodeJS.WritableStream): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      stream.off('drain', go).off('close', go)
      resolve()
    }
    stream.on('drain', go).on('close', go)
  })
}

/** The push is done, whatever becomes of it: a refusal to do something about it is told, not thrown. */
async function messagesAbout(
  moved: readonly PushedRef[],
  said: readonly string[],
  onPush: Exchange['options']['onPush'],
): Promise<readonly string[]> {
  if (onPush === undefined) return []
  try {
    return await onPush.moved(moved, said)
  } catch (error) {
    if (error instanceof AppError) return [error.message]
    throw error
  }
}

/** Without a report to go by: the refs that stand where the push wanted them. */
async function refsMoved(path: string, commands: readonly PushedRef[]): Promise<ReadonlySet<string>> {
  if (commands.length === 0) return new Set()
  const listed = (await git(['-C', path, 'for-each-ref', '--format=%(objectname) %(refname)']))
    .toString('utf8')
    .split('\n')
  const ids = new Map(listed.map((line) => [line.slice(41), line.slice(0, 40)]))
  return new Set(commands.filter(({ ref, after }) => (ids.get(ref) ?? '0'.repeat(40)) === after).map(({ ref }) => ref))
}

function failed(service: string, child: GitProcess, status: number | null): Error {
  return new Error(`git ${service} ended with ${status}: ${child.complaint()}`)
}
