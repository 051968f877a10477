import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCliEnv } from '../env.ts'
import { CallError, jsonFlag, type Verb, type VerbCall } from '../noun.ts'
import { printJson } from '../print-problems.ts'
import { lookupFlags } from '../registry/lookup.ts'
import { readOrb } from './orb-source.ts'
import { requireReference } from './reference.ts'
import { requireVersion } from './source.ts'

export const diffOrbs: Verb = {
  name: 'diff',
  usage: 'rondo orb diff ORB ORB',
  summary:
    'what differs between two orbs, each NAMESPACE/NAME@VERSION, a file or a folder; exit code 1 when something does',
  flags: { ...lookupFlags, ...jsonFlag },
  async run(call) {
    const [left, right] = call.arguments
    if (left === undefined || right === undefined || call.arguments.length > 2) throw new CallError('Name two orbs.')
    const diff = compare([left, await sourceOf(call, left)], [right, await sourceOf(call, right)])
    if (call.given('json')) printJson({ different: diff !== '', diff })
    else process.stdout.write(diff)
    return diff === '' ? 0 : 1
  },
}

async function sourceOf(call: VerbCall, text: string): Promise<string> {
  if (text === '-' || existsSync(text)) return readOrb(text)
  return (await requireVersion(call, requireReference(text))).source
}

type Side = readonly [name: string, source: string]

/** Git finds the difference: it is there wherever Rondo is. */
function compare(left: Side, right: Side): string {
  const folder = mkdtempSync(join(tmpdir(), 'rondo-diff-'))
  try {
    writeFileSync(join(folder, 'left'), left[1])
    writeFileSync(join(folder, 'right'), right[1])
    const color = readCliEnv().decorated ? '--color=always' : '--color=never'
    const ran = spawnSync('git', ['diff', '--no-index', color, 'left', 'right'], { cwd: folder, encoding: 'utf8' })
    if (ran.status !== 0 && ran.status !== 1) throw new CallError(`git cannot compare them: ${ran.stderr}`, 1)
    return ran.stdout
      .replace(/^(\S*)diff --git .*\n(?:\S*index .*\n)?/m, '')
      .replace('a/left', left[0])
      .replace('b/right', right[0])
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
