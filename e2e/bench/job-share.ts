import type { Stack } from '@rondo/testkit'
import Docker from 'dockerode'
import { type Figure, median, ms, quantile } from './figure.ts'
import { runSteps } from './one-job.ts'

const rounds = 15

/**
 * A job of one step that does nothing, from its start to its end as the server saw them. What the engine takes to create
 * and start the same container is measured between the jobs, through the same connection; the rest is ours.
 */
export async function jobShare(stack: Stack, image: string): Promise<Figure> {
  const docker = new Docker({ socketPath: '/var/run/docker.sock' })
  const ours: number[] = []
  const floor: number[] = []
  for (let round = 0; round < rounds; round++) {
    floor.push(await engineShare(docker, image))
    const job = await runSteps(stack, image, ["{run: 'true'}"])
    ours.push(job.stoppedAt - job.startedAt)
  }
  const over = ours.map((time, index) => time - floor[index]!)
  return {
    name: 'docker job of one true step, beyond the engine',
    ours: `${ms(median(over))}, p95 ${ms(quantile(over, 0.95))} (whole job ${ms(median(ours))})`,
    floor: `${ms(median(floor))} (engine: create + start, removed after)`,
    aim: '≤ 60 ms over the floor',
  }
}

async function engineShare(docker: Docker, image: string): Promise<number> {
  const begun = performance.now()
  const container = await docker.createContainer({
    Image: image,
    Entrypoint: ['/bin/sh', '-c', 'sleep 60'],
    Cmd: [],
    HostConfig: { Init: true, PidsLimit: 4096, CapDrop: ['MKNOD', 'NET_RAW'], Binds: ['/tmp:/.bench'] },
  })
  await container.start()
  const took = performance.now() - begun
  await container.remove({ force: true, v: true })
  return took
}
