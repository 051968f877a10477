import { isNoRoom } from '@rondo/adapters'
import { whenRoom } from '../room/when-room.ts'
import type { TaskFolder } from '../shared-folder/task-folder.ts'
import type { Scripts } from './scripts.ts'

/** A script of the job, in files of the shared folder; see `supervisor.sh` for how it is run. */
export interface Script {
  readonly id: string
  /** File its output is appended to. */
  readonly out: string
  /** Lines read before the command; none are none. */
  readonly prologue: string
  /** What the shell is given that the prologue chose; without it the prologue is the whole script. */
  readonly command?: string
}

/**
 * The queue of scripts that the supervisor runs one after the other. It may be given some ahead, which it goes on with by
 * itself after short scripts that passed: a step then costs what starting its shell costs, whatever the agent is busy with.
 */
export interface Lane {
  /** Starts a script, unless the supervisor did; answers whether it did. */
  start(script: Script, start: LaneStart): Promise<boolean>
  /** What may be gone on with after the script `after`, which was started last. Only as much is taken as is good. */
  giveAhead(after: string, scripts: Iterable<Script>): void
  /** Whether the shell that ran a script, or was to run it, was killed: it may have begun, and nobody hears of its end. */
  fell(id: string): boolean
}

interface Ahead {
  readonly turn: number
  readonly after: string
  readonly falls: number
}

export interface LaneStart {
  /** Ends when it is known whether the supervisor went on with a script. */
  decided(look: () => boolean | undefined): Promise<boolean>
  /** Called before the supervisor is asked for a script it has not gone on with. */
  asking(): void
  /** Ends the wait for room on a full disk. */
  readonly signal: AbortSignal
}

/** So many shell starts are over within the life of a lease, whatever becomes of the agent that asked for them. */
const deepest = 16

export function openLane(folder: TaskFolder, scripts: Scripts): Lane {
  /** Scripts given ahead: in which turn, after which, and to which shell. */
  const given = new Map<string, Ahead>()
  /** How many shells had been killed when a script was asked for. */
  const askedAfter = new Map<string, number>()
  let turns = 0
  /** Short scripts are mostly followed by short ones, and long ones by long ones. */
  let depth = 4

  /** A job that was started before an upgrade keeps its supervisor, which may not know how. */
  const knowsHow = folder.readSmall('ready')?.includes('then') ?? false

  // The last word is what supervisors of earlier agents would make something ready by.
  const wordsOf = ({ id, out, prologue, command }: Script) =>
    `${id} ${out} ${scripts.fileOf(prologue)} ${command === undefined ? '-' : scripts.fileOf(command)} -`

  function wordsIfRoom(script: Script): string | undefined {
    try {
      return wordsOf(script)
    } catch (error) {
      if (isNoRoom(error)) return undefined
      throw error
    }
  }

  /** Whether the supervisor went on with a script, or may have; undefined until it has come to it. */
  function wentOn(id: string, { turn, after, falls }: Ahead): boolean | undefined {
    const fell = folder.progress.falls() > falls
    if (folder.progress.began(id)) return true
    if (fell) return folder.progress.statusOf(after) === 0
    return folder.progress.refusedTurn(id) >= turn ? false : undefined
  }

  return {
    async start(script, { decided, asking, signal }) {
      const ahead = given.get(script.id)
      if (ahead !== undefined && (await decided(() => wentOn(script.id, ahead)))) {
        askedAfter.set(script.id, ahead.falls)
        depth = Math.min(deepest, depth * 2)
        return true
      }
      if (ahead !== undefined) {
        // Whatever came after it was refused with it.
        given.clear()
        depth = 1
      }
      const words = await whenRoom(() => wordsOf(script), signal)
      asking()
      const falls = folder.progress.falls()
      askedAfter.set(script.id, falls)
      folder.queue(`run ${words}`, falls)
      return false
    },
    giveAhead(after, ahead) {
      if (!knowsHow) return
      let before = after
      const falls = folder.progress.falls()
      let count = 0
      for (const script of ahead) {
        if (++count > depth) return
        if (!given.has(script.id)) {
          const words = wordsIfRoom(script)
          if (words === undefined) return
          given.set(script.id, { turn: ++turns, after: before, falls })
          folder.queue(`then ${words} ${before} ${turns}`, falls)
        }
        before = script.id
      }
    },
    fell(id) {
      const { progress } = folder
      return progress.falls() > (progress.fallsBefore(id) ?? askedAfter.get(id) ?? 0)
    },
  }
}
