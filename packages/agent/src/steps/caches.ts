import { createHash } from 'node:crypto'
import type { RestoreCacheStep, SaveCacheStep } from '@rondo/model'
import { untilReachable } from '../control-plane/retry.ts'
import { failed, passed, type StepEnd } from '../reports/endings.ts'
import { runInternal } from '../task/launch.ts'
import { shellPath } from '../task/shell.ts'
import type { TaskContext } from '../task/task-context.ts'
import { DamagedArchive, download } from './bring-archive.ts'
import { cacheKey, checksumFiles } from './cache-key.ts'
import { packAndUpload } from './pack-archive.ts'
import { packParts } from './plain-tar.ts'
import { unpack } from './unpack-archive.ts'

/** Saves paths under a key. A key that exists is left as it is; a path that does not exist is said and passed over. */
export async function saveCache(task: TaskContext, step: SaveCacheStep, index: number): Promise<StepEnd> {
  const out = `s${index}.out`
  const resolved = await resolveKey(task, step.key, index, 0)
  if ('problem' in resolved) return refuse(task, out, resolved.problem)
  const { key } = resolved
  // What this job has saved before must be known to the server that is asked.
  await task.reporter.acknowledged()
  if (await untilReachable(() => task.controlPlane.hasCache(task.spec, key), task.signal)) {
    task.folder.append(
      out,
      `A cache with the key ${key} exists already; keys are never overwritten. Nothing was saved.\n`,
    )
    return passed
  }
  const archive = `a${index}.tar`
  const paths = step.paths.map(shellPath).join(' ')
  const choose = `
set -- ; for path in ${paths}; do if [ -e "$path" ]; then set -- "$@" "$path"; else echo "Skipping $path: it does not exist"; fi; done
[ $# -gt 0 ] || { echo "None of the paths exists; nothing to save."; exit 3; }
command -v tar >/dev/null || { echo "The image has no tar. Use an image that has it."; exit 1; }
if ! tar -cPf /dev/null /dev/null 2>/dev/null; then
${packParts(archive)}
fi`
  const packed = await packAndUpload(task, { id: `i${index}`, out, choose, archive, flags: '-cP', changing: true })
  if (!('object' in packed)) return packed.status === 3 ? passed : failed
  const { object } = packed
  task.reporter.report({ type: 'cache-saved', key, object })
  task.folder.append(out, `Saved ${megabytes(object.size)} under the key ${key}\n`)
  return passed
}

/** Restores the first key that matches, by prefix, newest first. No match is no failure. */
export async function restoreCache(task: TaskContext, step: RestoreCacheStep, index: number): Promise<StepEnd> {
  const out = `s${index}.out`
  const keys: string[] = []
  for (const [position, template] of step.keys.entries()) {
    const resolved = await resolveKey(task, template, index, position)
    if ('problem' in resolved) return refuse(task, out, resolved.problem)
    keys.push(resolved.key)
  }
  await task.reporter.acknowledged()
  const found = await untilReachable(() => task.controlPlane.findCache(task.spec, keys), task.signal)
  if (found === undefined) {
    task.folder.append(
      out,
      `No cache is found for ${keys.map((key) => `"${key}"`).join(', ')}. The job goes on without it.\n`,
    )
    return passed
  }
  task.folder.append(
    out,
    `Found a cache from ${found.createdAt} with the key ${found.key} (${megabytes(found.object.size)})\n`,
  )
  try {
    const archive = await download(task, found.object, `r${index}.tar.zst`)
    const done = await unpack(task, { index, layer: 0, archive, directory: '.' })
    await archive.remove()
    return done ? passed : failed
  } catch (error) {
    if (!(error instanceof DamagedArchive)) throw error
    // Nothing of it was unpacked. A cache only saves time: a job does without.
    task.folder.append(out, `The cache ${found.key} is not used, ${error.message}. The job goes on without it.\n`)
    return passed
  }
}

async function refuse(task: TaskContext, out: string, problem: string): Promise<StepEnd> {
  task.folder.append(out, `${problem}\n`)
  return failed
}

/** Checksummed files are read by the job's own user and hashed here, so the image needs no tool for it. */
async function resolveKey(
  task: TaskContext,
  template: string,
  index: number,
  position: number,
): Promise<ReturnType<typeof cacheKey>> {
  const checksums = new Map<string, string>()
  for (const [number, file] of checksumFiles(template).entries()) {
    const copy = `k${index}-${position}-${number}`
    const status = await runInternal(
      task,
      `${copy}x`,
      `s${index}.out`,
      `[ -f ${shellPath(file)} ] && cat ${shellPath(file)} >"$RONDO_IO/${copy}" && chmod a+r "$RONDO_IO/${copy}"`,
    )
    const opened = status === 0 ? await task.folder.openRead(copy) : undefined
    if (opened === undefined) continue
    const hash = createHash('sha256')
    for await (const chunk of opened.createReadStream()) hash.update(chunk)
    checksums.set(file, hash.digest('base64'))
  }
  return cacheKey(template, task.spec.cacheKeys, checksums)
}

function megabytes(bytes: number): string {
  return bytes < 100_000 ? `${bytes} bytes` : `${(bytes / 1e6).toFixed(1)} MB`
}
