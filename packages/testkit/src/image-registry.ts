import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** A registry of container images on this machine, which gives nothing away without its one login when it has one. */
export interface ImageRegistry {
  /** `127.0.0.1:PORT`, as names of its images begin. */
  readonly host: string
  /** Stores an image of the engine under `NAME:TAG`; the engine forgets that name again. Answers the digest. */
  push(image: string, name: string): string
  stop(): void
}

export interface RegistryUser {
  readonly name: string
  readonly password: string
}

export async function startImageRegistry(user?: RegistryUser): Promise<ImageRegistry> {
  const folder = mkdtempSync(join(tmpdir(), 'rondo-registry-'))
  const host = `127.0.0.1:${await freePort()}`
  const auth = { htpasswd: { realm: 'registry', path: join(folder, 'users') } }
  if (user !== undefined)
    writeFileSync(auth.htpasswd.path, spawnSync('htpasswd', ['-Bbn', user.name, user.password]).stdout)
  // JSON is YAML too.
  const config = {
    version: '0.1',
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: join(folder, 'images') } },
    http: { addr: host },
    ...(user === undefined ? {} : { auth }),
  }
  writeFileSync(join(folder, 'config.yml'), JSON.stringify(config))
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [host]: { auth: basic(user) } } }))
  const server = spawn('docker-registry', ['serve', join(folder, 'config.yml')], { stdio: 'ignore' })
  await answers(host, server)
  return {
    host,
    push(image, name) {
      const full = `${host}/${name}`
      docker(['tag', image, full])
      const pushed = docker(['--config', folder, 'push', full])
      docker(['rmi', full])
      return /digest: (sha256:\w+)/.exec(pushed)?.[1] ?? ''
    },
    stop() {
      server.kill('SIGKILL')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** Makes an image of another by Dockerfile instructions such as `LABEL a=b`; no command runs. */
export function changeImage(from: string, instructions: readonly string[], name: string): void {
  // The builder that needs no further program, and that Podman answers for, too.
  docker(['build', '--quiet', '--tag', name, '-'], {
    input: [`FROM ${from}`, ...instructions, ''].join('\n'),
    env: { ...process.env, DOCKER_BUILDKIT: '0' },
  })
}

/** Makes an image of one empty file, for this kind of processor or another: it has no shell. */
export function emptyImage(name: string, architecture = 'amd64'): void {
  const folder = mkdtempSync(join(tmpdir(), 'rondo-image-'))
  const write = (file: string, content: unknown) => writeFileSync(join(folder, file), JSON.stringify(content))
  write('nothing', null)
  spawnSync('tar', ['-cf', 'layer.tar', 'nothing'], { cwd: folder })
  const layer = createHash('sha256')
    .update(readFileSync(join(folder, 'layer.tar')))
    .digest('hex')
  write('config.json', {
    architecture,
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [`sha256:${layer}`] },
  })
  write('manifest.json', [{ Config: 'config.json', RepoTags: [name], Layers: ['layer.tar'] }])
  spawnSync('tar', ['-cf', 'image.tar', 'layer.tar', 'config.json', 'manifest.json'], { cwd: folder })
  docker(['load', '-i', join(folder, 'image.tar')])
  rmSync(folder, { recursive: true, force: true })
}

/** Forgets images of the engine, whether they are there or not. */
export function forgetImages(names: readonly string[]): void {
  spawnSync('docker', ['rmi', '-f', ...names])
}

function docker(
  args: readonly string[],
  options: { readonly input?: string; readonly env?: NodeJS.ProcessEnv } = {},
): string {
  const { status, stdout, stderr } = spawnSync('docker', [...args], { encoding: 'utf8', ...options })
  if (status !== 0) throw new Error(`docker ${args.join(' ')}: ${stderr}`)
  return stdout
}

function basic(user: RegistryUser | undefined): string {
  return Buffer.from(`${user?.name ?? ''}:${user?.password ?? ''}`).toString('base64')
}

async function answers(host: string, server: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 200; tries++) {
    if (server.exitCode !== null) throw new Error(`docker-registry ended with ${server.exitCode}`)
    if (await fetch(`http://${host}/`).catch(() => undefined)) return
    await sleep(50)
  }
  throw new Error('docker-registry does not answer')
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((listening) => probe.listen(0, '127.0.0.1', listening))
  const address = probe.address()
  await new Promise((closed) => probe.close(closed))
  return address !== null && typeof address === 'object' ? address.port : 0
}
