import { existsSync, lstatSync, readFileSync, readlinkSync, realpathSync } from 'node:fs'
import { chmod, chown, mkdir, symlink, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { confineProgram } from '../shim/confine-program.ts'

/** The shared folder as the job sees it; `sandbox.sh` has the same, and the home. */
export const ioPath = '/run/rondo'
const home = '/home/circleci'

/** Folders of the host that hold programs and what they need; where the host has links, the job gets the same links. */
const programs = ['usr', 'etc', 'opt', 'nix', 'gnu', 'bin', 'sbin', 'lib', 'lib32', 'lib64', 'libx32']
const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty']
/** What the kernel tells there is of the machine, or of others who are the same user. */
const masked = ['proc/keys', 'proc/key-users', 'proc/timer_list', 'proc/sched_debug']
const links = {
  'var/tmp': '/tmp',
  'var/run': '/run',
  'dev/ptmx': 'pts/ptmx',
  'dev/fd': '/proc/self/fd',
  'dev/stdin': '/proc/self/fd/0',
  'dev/stdout': '/proc/self/fd/1',
  'dev/stderr': '/proc/self/fd/2',
}

/** What the job's user is called; the names images made for this config language use. */
const passwd = `root:x:0:0:root:/root:/bin/sh
circleci:x:3434:3434::${home}:${existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh'}
nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
`
const group = 'root:x:0:\ncircleci:x:3434:\nnogroup:x:65534:\n'

export interface SandboxRoot {
  /** The attempt's folder. */
  readonly folder: string
  /** Number of the job's user on the host; `same` as the agent's. */
  readonly uid: string
  /** Folders that stay out of sight should they lie among the programs. */
  readonly hidden: readonly string[]
}

/**
 * Lays out a sandbox's root folder, which is empty but for places to mount on, and writes the two tables of what is
 * mounted there: the host's programs, read-only, and what belongs to the job.
 */
export async function makeSandboxRoot({ folder, uid, hidden }: SandboxRoot): Promise<void> {
  const root = join(folder, 'root')
  const place = async (path: string) => {
    await mkdir(join(root, path), { recursive: true, mode: 0o755 })
    return join(root, path)
  }
  const file = async (path: string) => {
    await place(dirname(path))
    await writeFile(join(root, path), '')
    return join(root, path)
  }
  const seen = await Promise.all(
    programs.filter(existing).map(async (name) => {
      const link = linkOf(`/${name}`)
      if (link === undefined) return [await programsMount(`/${name}`, place(name))]
      await place('.')
      await symlink(link, join(root, name)).catch(unlessThere)
      return []
    }),
  )
  const covers = hidden.filter((path) => programs.some((name) => path.startsWith(`/${name}/`)))
  await writeTable(join(folder, 'programs.mounts'), [
    [root, root, 'none', 'bind,ro,nosuid,nodev'],
    ...seen.flat(),
    ...covers.map((path): Mount => ['hidden', join(root, path), 'tmpfs', 'mode=000,size=4k,ro']),
    [await own(folder, 'passwd', passwd), join(root, 'etc/passwd'), 'none', 'bind,ro,nosuid,nodev'],
    [await own(folder, 'group', group), join(root, 'etc/group'), 'none', 'bind,ro,nosuid,nodev'],
    ...(await Promise.all(
      resolver().map(async (path): Promise<Mount> => [path, await file(path), 'none', bindOf(path)]),
    )),
  ])
  const confine = confineProgram(process.arch)
  if (confine !== undefined) await writeFile(join(await place('run'), 'confine'), confine, { mode: 0o755 })
  await makeWritable(folder, uid)
  const present = devices.filter((name) => existing(`dev/${name}`))
  await writeTable(join(folder, 'own.mounts'), [
    ...(await Promise.all(
      present.map(async (name): Promise<Mount> => [`/dev/${name}`, await file(`dev/${name}`), 'none', 'bind']),
    )),
    ['devpts', await place('dev/pts'), 'devpts', 'newinstance,ptmxmode=0666,mode=620'],
    ['shm', await place('dev/shm'), 'tmpfs', 'mode=1777,nosuid,nodev'],
    ['proc', await place('proc'), 'proc', 'nosuid,nodev,noexec'],
    ...masked.filter(existing).map((path): Mount => ['/dev/null', join(root, path), 'none', 'bind,ro']),
    [join(folder, 'tmp'), await place('tmp'), 'none', 'bind'],
    [join(folder, 'home'), await place(home), 'none', 'bind'],
    [join(folder, 'io'), await place(ioPath), 'none', 'bind'],
  ])
  await place('var')
  for (const [path, target] of Object.entries(links)) await symlink(target, join(root, path)).catch(unlessThere)
}

/** Source, place, type, options. */
type Mount = readonly [string, string, string, string]

async function programsMount(path: string, place: Promise<string>): Promise<Mount> {
  return [path, await place, 'none', `r${bindOf(path)}`]
}

/** A user namespace may not take away what the host's own mount forbids. */
function bindOf(path: string): string {
  return `bind,ro,nosuid,nodev${hostOptions(path).includes('noexec') ? ',noexec' : ''}`
}

/** Options of the host's mount that a path lies on. */
function hostOptions(path: string): readonly string[] {
  const mounts = readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .map(([, , , , point = '', options = '']) => ({ point: point.replace(/\/$/, ''), options }))
  const over = mounts.filter(({ point }) => path === point || path.startsWith(`${point}/`))
  return (
    over
      .toSorted((one, other) => one.point.length - other.point.length)
      .at(-1)
      ?.options.split(',') ?? []
  )
}

/** Where names are resolved by a service of the host, its file lies outside of /etc. */
function resolver(): readonly string[] {
  try {
    const path = realpathSync('/etc/resolv.conf')
    return path.startsWith('/run/') ? [path] : []
  } catch {
    return []
  }
}

async function makeWritable(folder: string, uid: string): Promise<void> {
  for (const name of ['home', 'tmp']) {
    const path = join(folder, name)
    await mkdir(path, { recursive: true })
    await chmod(path, name === 'tmp' ? 0o1777 : 0o755)
    if (uid !== 'same') await chown(path, Number(uid), Number(uid))
  }
}

async function own(folder: string, name: string, content: string): Promise<string> {
  const path = join(folder, name)
  await writeFile(path, content, { mode: 0o644 })
  return path
}

async function writeTable(path: string, mounts: readonly Mount[]): Promise<void> {
  const inTable = (field: string) =>
    field.replace(/[\s\\]/g, (blank) => `\\${blank.charCodeAt(0).toString(8).padStart(3, '0')}`)
  await writeFile(path, mounts.map((mount) => `${mount.map(inTable).join(' ')} 0 0\n`).join(''))
}

function existing(name: string): boolean {
  return existsSync(`/${name}`)
}

function linkOf(path: string): string | undefined {
  return lstatSync(path).isSymbolicLink() ? readlinkSync(path) : undefined
}

function unlessThere(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error
}
