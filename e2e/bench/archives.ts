import type { Stack } from '@rondo/testkit'
import { type Figure, median, ratio, seconds } from './figure.ts'
import { jobOf, runConfig, runSteps, type TimedJob, workflowOf } from './one-job.ts'

/** Bytes of one small file; a tree of packages has about as many. */
const fileBytes = 8_192
const layers = 10
/** A disk is never twice as fast as it was: what is compared takes turns, and the middle of all counts. */
const rounds = 3

/**
 * A tree of many small files saved as a cache and restored, and a workspace of many layers attached. The floors are steps
 * of the same jobs: `tar | zstd` into a file of the same disk and back, and one layer of the same bytes.
 */
export async function archiveFigures(stack: Stack, image: string, megabytes: number): Promise<readonly Figure[]> {
  return [...(await cacheFigures(stack, image, megabytes)), await layerFigure(stack, image, megabytes)]
}

function treeStep(folder: string, megabytes: number): string {
  const files = Math.round((megabytes * 1_000_000) / fileBytes)
  return `{run: {name: tree, command: "mkdir -p ${folder} && cd ${folder} && (seq 100000000 || true) | head -c ${files * fileBytes} | split -b ${fileBytes} -a 5"}}`
}

async function cacheFigures(stack: Stack, image: string, megabytes: number): Promise<readonly Figure[]> {
  const saveFloor = (name: string, file: string) =>
    `{run: {name: ${name}, command: "tar -cf - c | zstd -q -3 -o ${file} && sync ${file}"}}`
  const restoreFloor = (name: string) => `{run: {name: ${name}, command: "zstd -dqc floor.zst | tar -xf -"}}`
  // Aside, not removed: ext4 looks past every file that was removed a minute ago for each that it makes, which takes
  // longer than all that is measured here. What was written is on the disk before the next one writes.
  const aside = (name: string) => `{run: {name: aside, command: "mv c ${name} && sync"}}`
  const numbers = Array.from({ length: rounds }, (_, round) => round)
  const job = await runSteps(stack, image, [
    treeStep('c', megabytes),
    `{run: {name: settle, command: "sync"}}`,
    ...numbers.flatMap((round) => [
      saveFloor('floor save', `floor${round}.zst`),
      `{save_cache: {name: save, key: 'bench-${round}-{{ epoch }}', paths: [c]}}`,
    ]),
    saveFloor('floor save', 'floor.zst'),
    aside('tree'),
    ...numbers.flatMap((round) => [
      restoreFloor('floor restore'),
      aside(`floor${round}`),
      `{restore_cache: {name: restore, keys: [bench-${round}-]}}`,
      aside(`restored${round}`),
    ]),
    restoreFloor('floor restore'),
  ])
  return (['save', 'restore'] as const).map((what) => {
    const [ours, floor] = [what, `floor ${what}`].map((name) => allOf(job, name))
    return {
      name: `${what} a cache of ${megabytes} MB in small files`,
      ours: `${seconds(median(ours!))} (${ours!.map(seconds).join(', ')})`,
      floor: `${seconds(median(floor!))} (${what === 'save' ? 'tar | zstd, synced' : 'zstd | tar'}: ${floor!.map(seconds).join(', ')})`,
      ratio: ratio(median(ours!), median(floor!)),
      aim: '≤ 1.15 × the floor',
    }
  })
}

async function layerFigure(stack: Stack, image: string, megabytes: number): Promise<Figure> {
  const parts = Array.from({ length: layers }, (_, index) => `part${index}`)
  const persist = (folder: string, size: number) => [
    treeStep(`w/${folder}`, size),
    `{persist_to_workspace: {root: w, paths: [${folder}]}}`,
  ]
  const attach = ['{attach_workspace: {name: attach, at: w}}']
  const jobs = await runConfig(
    stack,
    jobOf('it', image, persist('whole', megabytes)) +
      parts.map((part) => jobOf(part, image, persist(part, megabytes / layers))).join('') +
      jobOf('one', image, attach) +
      jobOf('many', image, attach) +
      workflowOf([
        'it',
        ...parts.map((part, index) => (index === 0 ? part : `{${part}: {requires: [${parts[index - 1]}]}}`)),
        `{many: {requires: [${parts.at(-1)}]}}`,
        '{one: {requires: [it]}}',
      ]),
  )
  const ours = tookOf(jobs.find((job) => job.name === 'many')!, 'attach')
  const floor = tookOf(jobs.find((job) => job.name === 'one')!, 'attach')
  return {
    name: `attach a workspace of ${layers} layers, ${megabytes} MB`,
    ours: seconds(ours),
    floor: `${seconds(floor)} (one layer)`,
    ratio: ratio(ours, floor),
    aim: '≤ 1.2 × the floor',
  }
}

function tookOf(job: TimedJob, step: string): number {
  return allOf(job, step)[0]!
}

function allOf(job: TimedJob, step: string): readonly number[] {
  return job.steps.filter(({ name }) => name === step).map(({ took }) => took)
}
