import { type Stack, startStack, type UnexpectedEnd } from '@rondo/testkit'
import { killAtRandom } from './kills.ts'
import { createLoad, type Findings, type LoadOptions } from './load.ts'

export interface Experiment {
  /** Rows of the reliability rules it is about. */
  readonly rows: string
  readonly what: string
  /** Who is hit, of the stack that runs. */
  victims(stack: Stack): readonly string[]
  readonly pauseMs?: number
  /** Its full figures. */
  readonly full: Size
}

export interface Size extends LoadOptions {
  readonly kills: number
  /** Between two blows, on average. */
  readonly meanMs: number
}

/** Roles as they are split over three processes. */
export const threeServers = [['api'], ['agents'], ['conductor', 'cron']] as const

const thousandJobs = { workflows: 100, jobs: 10, lines: 40, atOnce: 4 }

export const experiments: Readonly<Record<string, Experiment>> = {
  servers: {
    rows: 'R-01',
    what: 'server processes are killed, one role or another',
    victims: (stack) => stack.servers,
    full: { ...thousandJobs, kills: 200, meanMs: 2_500 },
  },
  database: {
    rows: 'R-02',
    what: 'PostgreSQL is killed',
    victims: () => ['postgres'],
    full: { ...thousandJobs, kills: 100, meanMs: 4_000 },
  },
  agent: {
    rows: 'R-09, R-19',
    what: 'the agent is killed, and the next one goes on with its jobs',
    victims: () => ['agent'],
    full: { ...thousandJobs, kills: 200, meanMs: 2_500 },
  },
  paused: {
    rows: 'R-07',
    what: 'server processes stand still for a while, and go on with what they knew',
    victims: (stack) => stack.servers,
    pauseMs: 15_000,
    full: { ...thousandJobs, kills: 60, meanMs: 8_000 },
  },
  all: {
    rows: 'R-01, R-02',
    what: 'servers, the agent and PostgreSQL are killed',
    victims: (stack) => [...stack.servers, 'agent', 'postgres'],
    full: { workflows: Number.POSITIVE_INFINITY, jobs: 3, lines: 200, atOnce: 2, kills: 100, meanMs: 2_000 },
  },
}

/** One experiment over three server processes: load, blows, and a look at all that was promised. */
export async function runExperiment(
  experiment: Experiment,
  size: Size,
  options: { readonly executor: 'docker' | 'sandbox'; readonly say: (text: string) => void },
): Promise<Findings> {
  const ended: string[] = []
  const stack = await startStack({
    executor: options.executor,
    split: threeServers,
    onUnexpectedEnd(end) {
      ended.push(describeEnd(end))
      options.say(describeEnd(end))
    },
  })
  try {
    const load = await createLoad(stack, size)
    const working = load.start()
    const kills = await killAtRandom(stack, {
      victims: experiment.victims(stack),
      kills: size.kills,
      meanMs: size.meanMs,
      ...(experiment.pauseMs === undefined ? {} : { pauseMs: experiment.pauseMs }),
      onKill: options.say,
    })
    if (size.workflows !== undefined && Number.isFinite(size.workflows)) await working
    const findings = await load.finish()
    await working
    const hits = Object.fromEntries(Object.entries(kills.count).map(([name, count]) => [`${name} hit`, count]))
    const problems = [...findings.problems, ...ended]
    return {
      problems,
      figures: {
        ...hits,
        'longest outage, s': kills.longestMs / 1_000,
        ...findings.figures,
        problems: problems.length,
      },
    }
  } finally {
    await stack.stop()
  }
}

/** With the last lines that the process printed: they say why. */
function describeEnd({ name, code, signal, printed }: UnexpectedEnd): string {
  const lines = printed.trimEnd().split('\n').slice(-25).join('\n    ')
  return `the server process ${name} ended by itself with ${code ?? signal}; it printed last:\n    ${lines}`
}
