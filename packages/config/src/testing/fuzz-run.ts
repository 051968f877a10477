/**
 * `npm run fuzz -- --count 1000000 [--seed 1] [--out FOLDER]`: mutated configs and orbs against the promises of the
 * compiler. Each finding is written to the folder; what it aims at is
 * then kept in `hostile.ts`. Exit code 1 when there is any.
 */
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { readReference, referenceFiles } from '../reference/reference-folder.ts'
import { fuzz, fuzzSeeds } from './fuzz.ts'

const batch = 10_000
const { values } = parseArgs({
  options: {
    count: { type: 'string', default: '100000' },
    seed: { type: 'string', default: '1' },
    out: { type: 'string', default: 'fuzz-findings' },
  },
})
const small = ['real', 'orbs', 'golden']
  .flatMap((folder) => referenceFiles(folder).map((path) => readReference(`${folder}/${path}`)))
  .filter((source) => source.length < 3_000)
// Our own seeds hold the most constructs, so they get half of the runs.
const share = Math.max(small.length, fuzzSeeds.length)
const own = Array.from({ length: share }, (_, index) => fuzzSeeds[index % fuzzSeeds.length]!)
const seeds = [...small, ...own]
const count = Number(values.count)
let findings = 0
for (let done = 0; done < count; done += batch) {
  fuzz(seeds, Math.min(batch, count - done), Number(values.seed) * 1_000_003 + done, (finding) => {
    findings += 1
    mkdirSync(values.out, { recursive: true })
    writeFileSync(join(values.out, `finding-${findings}.yml`), finding.source)
    process.stdout.write(`finding ${findings}: ${finding.promise}\n`)
  })
  const memory = Math.round(process.memoryUsage().rss / 1024 / 1024)
  process.stdout.write(`${Math.min(done + batch, count)} of ${count}, ${findings} findings, ${memory} MB\n`)
}
process.exitCode = findings > 0 ? 1 : 0
