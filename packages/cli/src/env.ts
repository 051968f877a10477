import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Where the server that commands speak to keeps its things and listens; the same variables as the server's own. */
export interface CliEnv {
  readonly dataFolder: string
  readonly port: number
  /** Colours and redrawing are for people at a terminal who did not ask for none. */
  readonly decorated: boolean
  /** Passed on to the server's process. */
  readonly forServer: NodeJS.ProcessEnv
}

export function readCliEnv(source: NodeJS.ProcessEnv = process.env): CliEnv {
  return {
    dataFolder: resolve(source.RONDO_DATA || fileURLToPath(new URL('../../../.rondo', import.meta.url))),
    port: Number(source.RONDO_PORT || 8080),
    decorated: Boolean(process.stdout.isTTY) && !source.NO_COLOR && source.TERM !== 'dumb',
    forServer: source,
  }
}
