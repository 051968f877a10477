import { approvals } from './approvals.ts'
import { arrivals } from './arrivals.ts'
import { blows } from './blows.ts'
import { forkBombs } from './bombs.ts'
import { cancels } from './cancels.ts'
import type { Experiment } from './experiment.ts'
import { flood } from './flood.ts'
import { fullDisk } from './full-disk.ts'
import { gone } from './gone.ts'
import { schedulerLies } from './lies.ts'
import { listener } from './listener.ts'
import { live } from './live.ts'
import { longLine } from './long-line.ts'
import { memory } from './memory.ts'
import { objects } from './objects.ts'
import { outage } from './outage.ts'
import { partition } from './partition.ts'
import { pushes } from './pushes.ts'
import { repeats } from './repeats.ts'
import { timeouts } from './timeouts.ts'

const thousandJobs = { workflows: 100, jobs: 10, lines: 40, 'at-once': 4 }

/** By the name under which `npm run chaos` knows them. */
export const experiments = {
  servers: blows({
    rows: 'R-01',
    what: 'server processes are killed, one role or another',
    victims: (stack) => stack.servers,
    full: { ...thousandJobs, kills: 200, seconds: 2.5 },
  }),
  database: blows({
    rows: 'R-02',
    what: 'PostgreSQL is killed',
    victims: () => ['postgres'],
    full: { ...thousandJobs, kills: 100, seconds: 4 },
  }),
  agent: blows({
    rows: 'R-09, R-19',
    what: 'the agent is killed, and the next one goes on with its jobs',
    victims: () => ['agent'],
    full: { ...thousandJobs, kills: 200, seconds: 2.5 },
  }),
  paused: blows({
    rows: 'R-07',
    what: 'server processes, two of them conductors, stand still for a while and go on with what they knew',
    victims: (stack) => stack.servers,
    split: [['api'], ['agents'], ['conductor', 'cron'], ['conductor', 'cron']],
    full: { ...thousandJobs, kills: 200, seconds: 15, pause: 60 },
  }),
  outage,
  listener,
  partition,
  gone,
  cancels,
  approvals,
  arrivals,
  repeats,
  pushes,
  lies: schedulerLies,
  objects,
  all: blows({
    rows: 'R-01, R-02',
    what: 'servers, the agent and PostgreSQL are killed',
    victims: (stack) => [...stack.servers, 'agent', 'postgres'],
    full: { workflows: Number.POSITIVE_INFINITY, jobs: 3, lines: 200, 'at-once': 2, kills: 100, seconds: 2 },
  }),
  flood,
  disk: fullDisk,
  bombs: forkBombs,
  memory,
  timeouts,
  line: longLine,
  live,
} as const satisfies Record<string, Experiment>
