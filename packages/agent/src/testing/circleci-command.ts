import { spawnSync } from 'node:child_process'
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const shim = join(import.meta.dirname, '../shim')

/** The `circleci` command of a job, without the job: in a shared folder of its own. */
export interface CircleciCommand {
  readonly io: string
  /** A folder with programs, as an image has them. */
  readonly image: string
  run(args: readonly string[], input?: string, variables?: Readonly<Record<string, string>>): RanCommand
  /** What the server would answer about one kind of names, as seconds, tab, name a line; it knows nothing of the other kinds. */
  timings(kind: string, lines: string): void
  remove(): void
}

export interface RanCommand {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
  /** What stands on the lines of stdout. */
  readonly lines: readonly string[]
}

export function circleciCommand(): CircleciCommand {
  const io = mkdtempSync(join(tmpdir(), 'circleci-'))
  const image = join(io, 'image')
  for (const folder of [join(io, 'bin'), image]) mkdirSync(folder)
  copyFileSync(join(shim, 'circleci.sh'), join(io, 'bin/circleci'))
  chmodSync(join(io, 'bin/circleci'), 0o755)
  for (const name of ['circleci-tests.sh', 'circleci-testsuite.sh']) copyFileSync(join(shim, name), join(io, name))
  const own = { PATH: `${io}/bin:${image}:/usr/bin:/bin`, RONDO_IO: io, CIRCLE_WORKING_DIRECTORY: '/work' }
  return {
    io,
    image,
    run(args, input = '', variables = {}) {
      const ran = spawnSync('circleci', args, { env: { ...own, ...variables }, encoding: 'utf8', input })
      const { status, stdout, stderr } = ran
      return { status, stdout, stderr, lines: stdout.split('\n').filter(Boolean) }
    },
    timings(kind, lines) {
      for (const one of ['filename', 'classname', 'testname']) {
        writeFileSync(join(io, `timings.${one}`), one === kind ? lines : '')
        writeFileSync(join(io, `timings.${one}.ready`), '')
      }
    },
    remove: () => rmSync(io, { recursive: true, force: true }),
  }
}
