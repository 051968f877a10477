import { join } from 'node:path'
import type { Stack } from '@rondo/testkit'
import Docker from 'dockerode'
import { type Figure, median, ms, quantile } from './figure.ts'
import { runSteps } from './one-job.ts'

const rounds = 15

/**
 * A job of one step that does nothing, from its start to its end as the server saw them. What the engine takes to create
 * and start the very container such a job has (its network, limits and all) is measured between the jobs, through the same
 * kind of connection; the rest is ours. A bare container on the engine's own network stands beside: what it costs less is
 * the price of keeping jobs apart.
 */
export async function jobShare(stack: Stack, image: string): Promise<Figure> {
  const docker = new Docker({ socketPath: '/var/run/docker.sock' })
  const same = await optionsOfJobs(stack, docker, image)
  const ours: number[] = []
  const floor: number[] = []
  const bare: number[] = []
  for (let round = 0; round < rounds; round++) {
    floor.push(await engineShare(docker, same))
    const job = await runSteps(stack, image, ["{run: 'true'}"])
    ours.push(job.stoppedAt - job.startedAt)
    floor.push(await engineShare(docker, same))
    bare.push(await engineShare(docker, bareOptions(image)))
  }
  const over = ours.map((time, index) => time - (floor[2 * index]! + floor[2 * index + 1]!) / 2)
  return {
    name: 'docker job of one true step, beyond the engine',
    ours: `${ms(median(over))}, p95 ${ms(quantile(over, 0.95))} (whole job ${ms(median(ours))})`,
    floor: `${ms(median(floor))} (engine: create + start of the same container, removed after; a bare one ${ms(median(bare))})`,
    aim: '≤ 60 ms over the floor',
  }
}

/** What the agent asks of the engine for such a job, with nothing to run. */
async function optionsOfJobs(stack: Stack, docker: Docker, image: string): Promise<Docker.ContainerCreateOptions> {
  const running = runSteps(stack, image, ["{run: 'sleep 2'}"])
  const { Config, HostConfig } = await stack.waitFor('a container', async () => {
    const [found] = await docker.listContainers({ filters: { label: [`rondo.agent=${join(stack.data, 'agent')}`] } })
    return found && docker.getContainer(found.Id).inspect()
  })
  await running
  return {
    Image: Config.Image,
    Entrypoint: ['/bin/sh', '-c', 'sleep 60'],
    Cmd: [],
    WorkingDir: Config.WorkingDir,
    HostConfig: { ...HostConfig, Binds: ['/tmp:/.bench'] },
  }
}

function bareOptions(image: string): Docker.ContainerCreateOptions {
  return {
    Image: image,
    Entrypoint: ['/bin/sh', '-c', 'sleep 60'],
    Cmd: [],
    HostConfig: { Init: true, PidsLimit: 4096, CapDrop: ['MKNOD', 'NET_RAW'], Binds: ['/tmp:/.bench'] },
  }
}

async function engineShare(docker: Docker, options: Docker.ContainerCreateOptions): Promise<number> {
  const begun = performance.now()
  const container = await docker.createContainer(options)
  await container.start()
  const took = performance.now() - begun
  await container.remove({ force: true, v: true })
  return took
}
