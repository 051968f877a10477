import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { EnvironmentEntry } from '@rondo/model'

/** Variables of a job whose programs of these names do what the shell text says. */
export function withPrograms(folder: string, programs: Readonly<Record<string, string>>): EnvironmentEntry[] {
  mkdirSync(folder)
  for (const [name, text] of Object.entries(programs))
    writeFileSync(join(folder, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 })
  return [{ name: 'PATH', value: `${folder}:/usr/local/bin:/usr/bin:/bin` }]
}

/** As much of the program zstd as archives need, on machines that have none; `packs` and `unpacks` may stand in for what it does. */
export function zstdProgram({ packs = stream('Compress'), unpacks = `${stream('Decompress')} <"$2"` } = {}): string {
  // The first call of a script only asks whether there is one, of no bytes.
  return `
case "$* $(readlink /proc/self/fd/0)" in
  -d*) ${unpacks} ;;
  *' /dev/null') exit 0 ;;
  *) ${packs} ;;
esac`
}

export function stream(what: 'Compress' | 'Decompress'): string {
  return `'${process.execPath}' -e 'process.stdin.pipe(zlib.createZstd${what}()).pipe(process.stdout)'`
}
