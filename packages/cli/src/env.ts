import { homedir } from 'node:os'
import { join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the server that commands speak to keeps its things and listens; the same variables as the server's own. */
export interface CliEnv {
  readonly dataFolder: string
  readonly port: number
  /** Colours and redrawing are for people at a terminal who did not ask for none. */
  readonly decorated: boolean
  /** The same of the standard error. */
  readonly decoratedErrors: boolean
  /** RONDO_RUN_DATA: what local runs keep, their caches above all; default `rondo/run` in the user's cache folder. */
  readonly runFolder: string
  /** RONDO_TOKEN or CIRCLECI_CLI_TOKEN: who asks a server elsewhere. */
  readonly token: string | undefined
  /** RONDO_URL: the server to speak to instead of this machine's. */
  readonly url: string | undefined
  /** RONDO_ORB_UPSTREAM: the registry that `rondo orb mirror` copies from. */
  readonly orbUpstream: string | undefined
  /** Where the program keeps itself compiled, so that it starts faster: `rondo/compiled` in the user's cache folder. */
  readonly compiledFolder: string
  /** Passed on to the server's process. */
  readonly forServer: NodeJS.ProcessEnv
}

export function readCliEnv(source: NodeJS.ProcessEnv = process.env): CliEnv {
  return {
    dataFolder: resolve(source.RONDO_DATA || fileURLToPath(new URL('../../../.rondo', import.meta.url))),
    port: Number(source.RONDO_PORT || 8080),
    decorated: Boolean(process.stdout.isTTY) && wantsColor(source),
    decoratedErrors: Boolean(process.stderr.isTTY) && wantsColor(source),
    runFolder: resolve(source.RONDO_RUN_DATA || join(cacheFolder(source), 'rondo', 'run')),
    token: source.RONDO_TOKEN || source.CIRCLECI_CLI_TOKEN || undefined,
    url: source.RONDO_URL || undefined,
    orbUpstream: source.RONDO_ORB_UPSTREAM || undefined,
    compiledFolder: join(cacheFolder(source), 'rondo', 'compiled'),
    forServer: source,
  }
}

function wantsColor(source: NodeJS.ProcessEnv): boolean {
  return !source.NO_COLOR && source.TERM !== 'dumb'
}

/** Root's home is closed to the unprivileged user that PostgreSQL then runs as; the system's cache folder is not. */
function cacheFolder(source: NodeJS.ProcessEnv): string {
  return source.XDG_CACHE_HOME || (process.getuid?.() === 0 ? '/var/cache' : join(homedir(), '.cache'))
}

/** The environment for git: the user's own, in the language whose messages can be quoted. */
export function gitEnvironment(source: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  return { ...source, LC_ALL: 'C' }
}
