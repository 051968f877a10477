import type { GitRevision } from '../pipeline.ts'

export interface RepositoryName {
  readonly organization: string
  readonly name: string
}

/** Which commit to build. */
export interface RefRequest {
  readonly branch?: string
  readonly tag?: string
  readonly revision?: string
}

export interface PushedRef {
  /** Full name: `refs/heads/main`. */
  readonly ref: string
  /** 40 zeros when the ref was created. */
  readonly before: string
  /** 40 zeros when the ref was deleted. */
  readonly after: string
}

/** What the product needs of a place where repositories live. The built-in hosting and GitHub each implement it. */
export interface Repositories {
  create(repository: RepositoryName): Promise<void>
  exists(repository: RepositoryName): Promise<boolean>
  /** The commit a branch, tag or revision names; undefined when there is none. */
  resolve(repository: RepositoryName, request: RefRequest): Promise<GitRevision | undefined>
  /** Bytes of a file at a revision, undefined when there is no such file; AppError `too-large` past `maxBytes`. */
  readFile(repository: RepositoryName, revision: string, path: string, maxBytes: number): Promise<Buffer | undefined>
  /** Branch names with their tips. */
  branches(repository: RepositoryName): Promise<readonly { readonly name: string; readonly revision: string }[]>
}

export type GitService = 'git-upload-pack' | 'git-receive-pack'

/** Git's protocol, as the built-in hosting speaks it over HTTP and SSH; free of any library for either. */
export interface GitHosting extends Repositories {
  /** Body of `GET …/info/refs?service=…`, pkt-line framed. */
  advertise(repository: RepositoryName, service: GitService, protocol: string | undefined): AsyncIterable<Uint8Array>
  /** Whether a ref stands where a push wanted it, or has come past it since; of one to be deleted, whether it is gone. */
  reached(repository: RepositoryName, push: PushedRef): Promise<boolean>
  /** Body of `POST …/git-upload-pack` or `…/git-receive-pack`; `onPush` follows what a push moves. */
  serve(
    repository: RepositoryName,
    service: GitService,
    body: AsyncIterable<Uint8Array>,
    options: GitServing,
  ): AsyncIterable<Uint8Array>
  /** The same over one connection both ways, as SSH has it: the service speaks first. */
  converse(
    repository: RepositoryName,
    service: GitService,
    body: AsyncIterable<Uint8Array>,
    options: GitServing,
  ): AsyncIterable<Uint8Array>
}

/** Told of one push, and of what its pusher said with `--push-option`. */
export interface PushListener {
  /** Before any ref moves, of all that are to; when this throws, none does. */
  announced(refs: readonly PushedRef[], said: readonly string[]): Promise<void>
  /**
   * Of those that moved, once they are durable, and also when there are none: the end of each push that was announced. Answers
   * lines for the pusher.
   */
  moved(refs: readonly PushedRef[], said: readonly string[]): Promise<readonly string[]>
}

export interface GitServing {
  /** What the client asked for: `version=2`. */
  readonly protocol: string | undefined
  readonly signal: AbortSignal
  readonly onPush?: PushListener
}
