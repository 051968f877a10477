import { normalize } from 'node:path/posix'
import type { AttachWorkspaceStep, PersistToWorkspaceStep } from '@rondo/model'
import { extract } from 'tar-stream'
import { untilReachable } from '../control-plane/retry.ts'
import { failed, passed, type StepEnd } from '../reports/endings.ts'
import { quote, shellPath } from '../task/shell.ts'
import type { TaskContext } from '../task/task-context.ts'
import { type Archive, download } from './bring-archive.ts'
import { forEachMatch } from './glob-for-shell.ts'
import { packAndUpload } from './pack-archive.ts'
import { unpack } from './unpack-archive.ts'
import { createCollisionCheck, hasConcurrent } from './workspace-collisions.ts'

/** Adds a layer of files, named by globs relative to `root`, for the jobs downstream. */
export async function persistToWorkspace(
  task: TaskContext,
  step: PersistToWorkspaceStep,
  index: number,
): Promise<StepEnd> {
  const above = step.paths.find((path) => /^\.\.(\/|$)/.test(normalize(path)))
  if (above !== undefined) {
    task.folder.append(
      `s${index}.out`,
      `${above} lies outside of the root folder ${step.root}. Give root a folder that holds it, and name it from there.\n`,
    )
    return failed
  }
  const archive = `w${index}.tar`
  const choose = `
cd ${shellPath(step.root)} 2>/dev/null || { echo "The root folder ${step.root} does not exist."; exit 1; }
set -- ; ${step.paths.map(matching).join('\n')}
[ $# -gt 0 ] || { echo "There is nothing to persist. Check root and paths."; exit 1; }
command -v tar >/dev/null || { echo "The image has no tar. Use an image that has it."; exit 1; }`
  const out = `s${index}.out`
  const packed = await packAndUpload(task, { id: `i${index}`, out, choose, archive, flags: '-c', changing: false })
  if (!('object' in packed)) return failed
  const { object } = packed
  task.reporter.report({ type: 'workspace-persisted', object })
  task.folder.append(`s${index}.out`, `Persisted a layer of ${object.size} bytes\n`)
  return passed
}

/** Adds what a path of the config names to the words of the shell. */
function matching(path: string): string {
  return `found=
${forEachMatch(path, 'set -- "$@" "$path"; found=yes')}
[ -n "$found" ] || echo "Nothing matches "${quote(path)}`
}

/** Applies the layers of all jobs upstream, in the order of the graph. */
export async function attachWorkspace(task: TaskContext, step: AttachWorkspaceStep, index: number): Promise<StepEnd> {
  const layers = await untilReachable(() => task.controlPlane.findWorkspace(task.spec), task.signal)
  if (layers.length === 0)
    task.folder.append(`s${index}.out`, 'No job upstream persisted anything; there is nothing to attach.\n')
  const collisions = createCollisionCheck()
  const bring = (position: number) => {
    const layer = layers[position]
    const coming = layer && download(task, layer, `r${index}-${position}.tar.zst`)
    coming?.catch(() => {})
    return coming
  }
  let coming = bring(0)
  for (const [position, layer] of layers.entries()) {
    const archive = (await coming)!
    // The next one comes while this one is unpacked.
    coming = bring(position + 1)
    const files = hasConcurrent(layer, layers) ? await filesOf(archive) : []
    const problem = collisions.add(layer, files)
    if (problem !== undefined) {
      task.folder.append(`s${index}.out`, `${problem}\n`)
      return failed
    }
    if (!(await unpack(task, { index, layer: position, archive, directory: shellPath(step.at) }))) return failed
    await archive.remove()
  }
  if (layers.length > 0) task.folder.append(`s${index}.out`, `Attached ${layers.length} layer(s)\n`)
  return passed
}

/** Names of what an archive holds besides folders. */
async function filesOf(archive: Archive): Promise<readonly string[]> {
  const entries = extract()
  archive.open().pipe(entries)
  const names: string[] = []
  for await (const entry of entries) {
    if (entry.header.type !== 'directory') names.push(entry.header.name.replace(/^\.\//, ''))
    entry.resume()
  }
  return names
}
