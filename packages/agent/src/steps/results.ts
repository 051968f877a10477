import { pipeline } from 'node:stream/promises'
import type { StoreArtifactsStep, StoreTestResultsStep, TestResult } from '@rondo/model'
import { extract } from 'tar-stream'
import { untilReachable } from '../control-plane/retry.ts'
import { failed, passed, type StepEnd } from '../reports/endings.ts'
import { runInternal } from '../task/launch.ts'
import { shellPath } from '../task/shell.ts'
import type { TaskContext } from '../task/task-context.ts'
import { openJunitReader } from './junit-reader.ts'

const maxArtifactFiles = 100_000
const maxXmlBytes = 64 * 1024 * 1024

/** Uploads a file or the files of a folder. Links are not followed out of it: only plain files are stored. */
export async function storeArtifacts(task: TaskContext, step: StoreArtifactsStep, index: number): Promise<StepEnd> {
  const out = `s${index}.out`
  const prefix = cleanPath(step.destination ?? step.path.replace(/^~\//, ''))
  let count = 0
  const ended = await eachFile(task, step.path, index, async (path, bytes, position) => {
    count = position + 1
    if (count > maxArtifactFiles) return
    // A single file's own name is the destination; files of a folder keep their place below it.
    const stored = path === '' ? prefix : [prefix, cleanPath(path)].filter(Boolean).join('/')
    const object = await task.controlPlane.uploadObject(task.spec, bytes, task.signal)
    task.reporter.report({ type: 'artifact-stored', path: stored, object })
    task.folder.append(out, `Uploaded ${stored} (${object.size} bytes)\n`)
  })
  if (count > maxArtifactFiles)
    task.folder.append(out, `Only the first ${maxArtifactFiles} of ${count} files were stored.\n`)
  if (ended === 'missing') task.folder.append(out, `There is nothing at ${step.path}; no artifact was stored.\n`)
  return ended === 'failed' ? failed : passed
}

/** Reads JUnit XML from a file or a folder tree. What cannot be read is said and passed over. */
export async function storeTestResults(task: TaskContext, step: StoreTestResultsStep, index: number): Promise<StepEnd> {
  const out = `s${index}.out`
  const tests: TestResult[] = []
  const reader = openJunitReader()
  const ended = await eachFile(task, step.path, index, async (path, bytes) => {
    if (path !== '' && !/\.xml$/i.test(path)) return void (await drain(bytes))
    const parsed = await reader.read(Buffer.concat(await collect(bytes, maxXmlBytes)))
    if (parsed.problem !== undefined)
      task.folder.append(out, `${told(path || step.path, parsed.tests.length)}: ${task.steps.mask(parsed.problem)}\n`)
    for (const test of parsed.tests) tests.push(maskTest(test, task.steps.mask))
  }).finally(() => reader.close())
  if (ended === 'missing') task.folder.append(out, `There is nothing at ${step.path}; no test result was stored.\n`)
  else task.folder.append(out, `Stored ${tests.length} test result(s)\n`)
  for (let at = 0; at < tests.length; at += 1_000)
    task.reporter.report({ type: 'tests-stored', tests: tests.slice(at, at + 1_000) })
  return ended === 'failed' ? failed : passed
}

function told(path: string, read: number): string {
  return read === 0
    ? `${path} is not JUnit XML`
    : `${path} cannot be read to its end; ${read} result(s) before that are kept`
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

/**
 * Packs a path inside the job and walks the pack here, one file after the other as streams; the path of a file given
 * directly is empty. A server that goes away has the file that was on its way visited again.
 */
async function eachFile(
  task: TaskContext,
  path: string,
  index: number,
  visit: (path: string, bytes: AsyncIterable<Buffer>, position: number) => Promise<unknown>,
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
  const packed = status === 0 ? await task.folder.openRead(archive) : undefined
  if (packed === undefined) return 'failed'
  await packed.close()
  const single = task.folder.readSmall(`${archive}.single`) !== undefined
  let next = 0
  await untilReachable(async () => {
    for await (const { path: name, bytes, position } of plainFiles(task, archive)) {
      if (position < next) continue
      await visit(single ? '' : name, bytes, position)
      next = position + 1
    }
  }, task.signal)
  await runInternal(task, `d${index}`, `s${index}.out`, `rm -f "$RONDO_IO/${archive}"`)
  return 'done'
}

async function* plainFiles(task: TaskContext, archive: string) {
  const file = await task.folder.openRead(archive)
  if (file === undefined) throw new Error(`${archive} is missing from the shared folder`)
  const entries = extract()
  pipeline(file.createReadStream({ highWaterMark: 256 * 1024 }), entries).catch(() => {
    // Whoever walks the entries hears of it there.
  })
  let position = 0
  for await (const entry of entries) {
    if (entry.header.type === 'file')
      yield {
        path: entry.header.name.replace(/^\.\//, ''),
        bytes: entry as AsyncIterable<Buffer>,
        position: position++,
      }
    entry.resume()
  }
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
