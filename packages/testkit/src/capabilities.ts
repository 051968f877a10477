import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

/** The container engine that tests and what they start use, when it is not Docker's own: Podman's socket, say. */
export const engineVariables: Readonly<Record<string, string>> =
  process.env.DOCKER_HOST === undefined ? {} : { DOCKER_HOST: process.env.DOCKER_HOST }

/** What this machine offers to tests. In CI nothing may be missing: a suite that would be left out fails instead. */
export function dockerAnswers(): boolean {
  return present('a Docker engine', spawnSync('docker', ['info'], { stdio: 'ignore' }).status === 0)
}

export function imagePresent(name: string): boolean {
  return present(
    `the image ${name} (scripts/images/build.sh makes it)`,
    spawnSync('docker', ['image', 'inspect', name], { stdio: 'ignore' }).status === 0,
  )
}

export function chromiumPath(): string | undefined {
  const path = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((candidate) =>
    existsSync(candidate),
  )
  present('Chromium', path !== undefined)
  return path
}

/** Whether Debian's docker-registry, and htpasswd of its apache2-utils, are installed. */
export function imageRegistryPresent(): boolean {
  const there = ['docker-registry', 'htpasswd'].every((name) => spawnSync('which', [name]).status === 0)
  return present('docker-registry or htpasswd', there)
}

/** Whether this user, or the one with this number, may make the namespaces of the host sandbox. */
export function sandboxWorks(user?: number): boolean {
  const made = spawnSync('unshare', ['--user', '--map-root-user', '--mount', '--pid', '--fork', 'true'], {
    stdio: 'ignore',
    ...(user === undefined ? {} : { uid: user, gid: user }),
  })
  return present(`the right to make namespaces${user === undefined ? '' : ` for user ${user}`}`, made.status === 0)
}

/** Number of an account without rights, made when it is missing; it takes root. */
export function plainUser(): number {
  const name = 'rondo-tests'
  const number = () => Number(spawnSync('id', ['-u', name], { encoding: 'utf8' }).stdout)
  if (number() === 0) spawnSync('useradd', ['--system', '--no-create-home', '--shell', '/usr/sbin/nologin', name])
  if (number() === 0) throw new Error(`the account ${name} could not be made`)
  return number()
}

function present(what: string, there: boolean): boolean {
  if (!there && process.env.CI === 'true') throw new Error(`${what} is missing, and in CI nothing may be left out`)
  return there
}
