import { spawnSync } from 'node:child_process'
import type { Stack } from '@rondo/testkit'
import { type Figure, median, ms, ratio, timed } from './figure.ts'
import { runSteps } from './one-job.ts'

const steps = 100
const rounds = 5

/**
 * A hundred steps that do nothing. The floor is what the container's own shell takes to start the same shell with the same
 * script so often, in a loop; `docker exec` for each stands beside.
 */
export async function stepFigures(stack: Stack, image: string): Promise<readonly Figure[]> {
  const name = `rondo-bench-steps-${process.pid}`
  spawnSync('docker', ['run', '-d', '--init', '--name', name, image, 'sleep', '3600'])
  try {
    const each: number[] = []
    const whole: number[] = []
    const floor: number[] = []
    for (let round = 0; round < rounds; round++) {
      floor.push(bareLoop(name))
      const job = await runSteps(
        stack,
        image,
        Array.from({ length: steps }, () => "{run: 'true'}"),
      )
      const trues = job.steps.filter((step) => step.name === 'true')
      const begun = Date.parse(trues[0]!.startedAt)
      each.push((Date.parse(trues.at(-1)!.finishedAt) - begun) / steps)
      whole.push((job.stoppedAt - begun) / steps)
      floor.push(bareLoop(name))
    }
    const exec = timed(() => {
      for (let count = 0; count < 20; count++) spawnSync('docker', ['exec', name, 'true'])
    })
    const beneath = `${ms(median(floor))} (bash started by a bare loop)`
    return [
      {
        name: `${steps} steps of true, each`,
        ours: `${ms(median(each))}, best ${ms(Math.min(...each))}`,
        floor: `${beneath}; docker exec ${ms(exec / 20)}`,
        ratio: ratio(median(each), median(floor)),
        aim: '',
      },
      {
        name: 'their overhead: each without the bare start of its shell',
        ours: ms(median(each) - median(floor)),
        floor: '',
        aim: '≤ 3 ms',
      },
      {
        name: 'the same until the server has all of them, each',
        ours: `${ms(median(whole))}, best ${ms(Math.min(...whole))}`,
        floor: beneath,
        ratio: ratio(median(whole), median(floor)),
        aim: '',
      },
    ]
  } finally {
    spawnSync('docker', ['rm', '-f', name])
  }
}

/** Milliseconds for each start, measured in the container, so that `docker exec` itself does not count. */
function bareLoop(container: string): number {
  const script = `echo true >/tmp/true.cmd; begun=$(date +%s%N); i=0
while [ $i -lt ${steps} ]; do /bin/bash -eo pipefail /tmp/true.cmd; i=$((i + 1)); done; echo $(($(date +%s%N) - begun))`
  const { stdout } = spawnSync('docker', ['exec', container, '/bin/sh', '-c', script], { encoding: 'utf8' })
  return Number(stdout) / 1e6 / steps
}
