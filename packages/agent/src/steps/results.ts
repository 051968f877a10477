import { createReadStream, createWriteStream } from 'node:fs'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { StoreArtifactsStep, StoreTestResultsStep, TestResult } from '@rondo/model'
import { extract } from 'tar-stream'
import { parseJunit } from '../junit.ts'
import { runInternal } from '../launch.ts'
import { untilReachable } from '../retry.ts'
import { shellPath } from '../shell.ts'
import { failed, passed, type StepEnd, type TaskContext } from '../task-context.ts'

const maxArtifactFiles = 100_000
const maxMemoryBytes = 1024 * 1024
const maxXmlBytes = 64 * 1024 * 1024

/** Uploads a file or the files of a folder. Links are not followed out of it: only plain files are stored. */
export async function storeArtifacts(task: TaskContext, step: StoreArtifactsStep, index: number): Promise<StepEnd> {
  const out = `s${index}.out`
  const prefix = cleanPath(step.destination ?? step.path.replace(/^~\//, ''))
  let count = 0
  const ended = await eachFile(task, step.path, index, async (path, bytes, size) => {
    if (++count > maxArtifactFiles) return
    // A single file's own name is the destination; files of a folder keep their place below it.
    const stored = path === '' ? prefix : [prefix, cleanPath(path)].filter(Boolean).join('/')
    await using content = await keep(task, bytes, size)
    const object = await untilReachable(
      () => task.controlPlane.uploadObject(task.spec, content.read(), task.signal),
      task.signal,
    )
    task.reporter.report({ type: 'artifact-stored', path: stored, object })
    task.folder.append(out, `Uploaded ${stored} (${object.size} bytes)\n`)
  })
  if (count > maxArtifactFiles)
    task.folder.append(out, `Only the first ${maxArtifactFiles} of ${count} files were stored.\n`)
  if (ended === 'missing') task.folder.append(out, `There is nothing at ${step.path}; no artifact was stored.\n`)
  return ended === 'failed' ? failed : passed
}

/** Content that can be read as often as the server has to be told: in memory when it is small, else on the disk. */
async function keep(
  task: TaskContext,
  bytes: AsyncIterable<Buffer>,
  size: number,
): Promise<{ read(): Readable } & AsyncDisposable> {
  if (size <= maxMemoryBytes) {
    const content = await collect(bytes)
    return { read: () => Readable.from(content), async [Symbol.asyncDispose]() {} }
  }
  const path = join(task.folder.root, 'artifact')
  await pipeline(bytes, createWriteStream(path, { mode: 0o600 }))
  return { read: () => createReadStream(path), [Symbol.asyncDispose]: () => rm(path, { force: true }) }
}

/** Reads JUnit XML from a file or a folder tree. What cannot be read is said and passed over. */
export async function storeTestResults(task: TaskContext, step: StoreTestResultsStep, index: number): Promise<StepEnd> {
  const out = `s${index}.out`
  const tests: TestResult[] = []
  const ended = await eachFile(task, step.path, index, async (path, bytes) => {
    if (path !== '' && !path.endsWith('.xml')) return void (await drain(bytes))
    const content = Buffer.concat(await collect(bytes, maxXmlBytes)).toString('utf8')
    const parsed = parseJunit(content)
    if (parsed.problem !== undefined)
      task.folder.append(out, `${path || step.path} is not JUnit XML: ${parsed.problem}\n`)
    for (const test of parsed.tests) tests.push(maskTest(test, task.steps.mask))
  })
  if (ended === 'missing') task.folder.append(out, `There is nothing at ${step.path}; no test result was stored.\n`)
  else task.folder.append(out, `Stored ${tests.length} test result(s)\n`)
  for (let at = 0; at < tests.length; at += 1_000)
    task.reporter.report({ type: 'tests-stored', tests: tests.slice(at, at + 1_000) })
  return ended === 'failed' ? failed : passed
}

/** Programs print secrets into their reports as well as to the screen (row S-05). */
function maskTest(test: TestResult, mask: (text: string) => string): TestResult {
  return {
    ...test,
    name: mask(test.name),
    classname: mask(test.classname),
    file: test.file === null ? null : mask(test.file),
    message: mask(test.message),
  }
}

/** Packs a path inside the job and walks the pack here; the path of a file given directly is empty. */
async function eachFile(
  task: TaskContext,
  path: string,
  index: number,
  visit: (path: string, bytes: AsyncIterable<Buffer>, size: number) => Promise<unknown>,
): Promise<'done' | 'missing' | 'failed'> {
  const archive = `f${index}.tar`
  const script = `
p=${shellPath(path)}
[ -e "$p" ] || exit 3
command -v tar >/dev/null || { echo "The image has no tar. Use an image that has it."; exit 1; }
if [ -d "$p" ]; then cd "$p" && tar -cf "$RONDO_IO/${archive}" . ; else : >"$RONDO_IO/${archive}.single"; cd "$(dirname "$p")" && tar -chf "$RONDO_IO/${archive}" "$(basename "$p")"; fi
status=$?; [ $status -le 1 ] && chmod a+r "$RONDO_IO/${archive}"`
  const status = await runInternal(task, `i${index}`, `s${index}.out`, script)
  if (status === 3) return 'missing'
  const file = status === 0 ? await task.folder.openRead(archive) : undefined
  if (file === undefined) return 'failed'
  const single = task.folder.readSmall(`${archive}.single`) !== undefined
  const entries = extract()
  file.createReadStream({ highWaterMark: 256 * 1024 }).pipe(entries)
  for await (const entry of entries) {
    if (entry.header.type === 'file')
      await visit(
        single ? '' : entry.header.name.replace(/^\.\//, ''),
        entry as AsyncIterable<Buffer>,
        entry.header.size ?? 0,
      )
    entry.resume()
  }
  await runInternal(task, `d${index}`, `s${index}.out`, `rm -f "$RONDO_IO/${archive}"`)
  return 'done'
}

/** A stored name never climbs: empty parts, `.` and `..` are left out (rule D-25). */
export function cleanPath(path: string): string {
  return path
    .split('/')
    .filter((part) => part !== '' && part !== '.' && part !== '..')
    .join('/')
}

async function collect(bytes: AsyncIterable<Buffer>, most = Number.POSITIVE_INFINITY): Promise<Buffer[]> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of bytes) {
    size += chunk.length
    if (size <= most) chunks.push(chunk)
  }
  return chunks
}

async function drain(bytes: AsyncIterable<Buffer>): Promise<void> {
  for await (const chunk of bytes) void chunk
}
