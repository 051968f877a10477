import { type Stack, startStack } from '@rondo/testkit'
import { describeEnd, type Experiment } from './experiment.ts'
import { killAtRandom } from './kills.ts'
import { createLoad } from './load.ts'

export interface Target {
  readonly rows: string
  readonly what: string
  /** Who is hit, of the stack that runs. */
  victims(stack: Stack): readonly string[]
  /** Roles of the server processes; default three processes, each role once. */
  readonly split?: readonly (readonly string[])[]
  readonly full: BlowSize
}

export interface BlowSize {
  /** `pause`, where it is there: those who are hit stand still for so many seconds instead of dying. */
  readonly [name: string]: number
  /** Blows altogether. */
  readonly kills: number
  /** Between two blows, on average. */
  readonly seconds: number
  /** Workflows altogether, jobs of each, and workflows that run beside each other. */
  readonly workflows: number
  readonly jobs: number
  readonly 'at-once': number
  /** Lines that each job prints, 8 ms a line. */
  readonly lines: number
}

/** Roles as they are split over three processes. */
export const threeServers = [['api'], ['agents'], ['conductor', 'cron']] as const

/** The whole product under load, hit at moments nobody chose; afterwards all that was promised is looked at. */
export function blows({ rows, what, full, victims, split = threeServers }: Target): Experiment<BlowSize> {
  return {
    rows,
    what,
    full,
    async run(size, { executor, say }) {
      const ended: string[] = []
      const stack = await startStack({
        executor,
        split,
        onUnexpectedEnd(end) {
          ended.push(describeEnd(end))
          say(describeEnd(end))
        },
      })
      try {
        const load = await createLoad(stack, { ...size, atOnce: size['at-once'] })
        const working = load.start()
        const kills = await killAtRandom(stack, {
          victims: victims(stack),
          kills: size.kills,
          meanMs: size.seconds * 1_000,
          ...(size.pause === undefined ? {} : { pauseMs: size.pause * 1_000 }),
          onKill: say,
        })
        if (Number.isFinite(size.workflows)) await working
        const findings = await load.finish()
        await working
        const hits = Object.fromEntries(Object.entries(kills.count).map(([name, count]) => [`${name} hit`, count]))
        const problems = [...findings.problems, ...ended]
        const outage = kills.longestMs / 1_000
        return { problems, figures: { ...hits, 'longest outage, s': outage, ...findings.figures } }
      } finally {
        await stack.stop()
      }
    },
  }
}
