import { AppError } from '@rondo/model'
import { CallError, type Verb } from '../noun.ts'

const program = new URL('../../../agent/src/main.ts', import.meta.url)

/** `rondo agent start`: this process becomes an agent, and ends as one. */
export const startVerb: Verb = {
  name: 'start',
  usage: 'rondo agent start',
  summary:
    'run an agent on this machine for the server at RONDO_SERVER_URL, with the token in the file RONDO_AGENT_TOKEN_FILE and the folder RONDO_AGENT_DATA for what it runs',
  most: 0,
  flags: {},
  async run() {
    try {
      await import(program.href)
    } catch (error) {
      if (error instanceof AppError || !(error instanceof Error)) throw error
      throw new CallError(error.message, 1)
    }
    return 0
  },
}
