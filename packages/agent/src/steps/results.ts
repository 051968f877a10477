import type { StoreArtifactsStep, StoredObject, StoreTestResultsStep, TestResult } from '@rondo/model'
import { failed, passed, type StepEnd } from '../reports/endings.ts'
import type { TaskContext } from '../task/task-context.ts'
import { fileBehind, type PackedLink } from './artifact-links.ts'
import { openJunitReader } from './junit-reader.ts'
import { eachFile } from './packed-files.ts'

const maxArtifactFiles = 100_000
const maxXmlBytes = 64 * 1024 * 1024
/** Characters of what a test said that are kept. */
const longestMessage = 32_000

/**
 * Uploads a file or the files of a folder, under the path as it is written unless a destination is given: `~/out` stays `~/out`,
 * as in addresses that scripts put together. A link to a file of the folder is stored as that file; others are not followed, and
 * the step says so.
 */
export async function storeArtifacts(task: TaskContext, step: StoreArtifactsStep, index: number): Promise<StepEnd> {
  const out = `s${index}.out`
  const prefix = cleanPath(step.destination ?? step.path)
  const files = new Map<string, StoredObject>()
  const links = new Map<string, PackedLink>()
  let count = 0

  function keep(path: string, object: StoredObject): void {
    // A single file's own name is the destination; files of a folder keep their place below it.
    const stored = path === '' ? prefix : [prefix, cleanPath(path)].filter(Boolean).join('/')
    task.reporter.report({ type: 'artifact-stored', path: stored, object })
    task.folder.append(out, `Uploaded ${stored} (${object.size} bytes)\n`)
  }

  const file = async (path: string, bytes: AsyncIterable<Buffer>, position: number) => {
    count = position + 1
    if (count > maxArtifactFiles) return
    const object = await task.controlPlane.uploadObject(task.spec, bytes, task.signal)
    files.set(path, object)
    keep(path, object)
  }
  const ended = await eachFile(task, step.path, index, { file, link: (link) => void links.set(link.path, link) })
  for (const link of links.values()) {
    const behind = fileBehind(link, links, (path) => files.has(path))
    if (behind === undefined)
      task.folder.append(
        out,
        `Left out ${link.path}: it is a link to ${link.target}, which is no file of this folder\n`,
      )
    else if (++count <= maxArtifactFiles) keep(link.path, files.get(behind)!)
  }
  if (count > maxArtifactFiles)
    task.folder.append(out, `Only the first ${maxArtifactFiles} of ${count} files were stored.\n`)
  if (ended === 'missing') task.folder.append(out, `There is nothing at ${step.path}; no artifact was stored.\n`)
  if (ended === 'done' && count === 0 && links.size === 0)
    task.folder.append(out, `There is no file in ${step.path}; no artifact was stored.\n`)
  return ended === 'failed' ? failed : passed
}

/** Reads JUnit XML from a file or a folder tree. What cannot be read is said and passed over. */
export async function storeTestResults(task: TaskContext, step: StoreTestResultsStep, index: number): Promise<StepEnd> {
  const out = `s${index}.out`
  const tests: TestResult[] = []
  const reader = openJunitReader()
  const file = async (path: string, bytes: AsyncIterable<Buffer>) => {
    if (path !== '' && !/\.xml$/i.test(path)) return void (await drain(bytes))
    const parsed = await reader.read(Buffer.concat(await collect(bytes, maxXmlBytes)))
    if (parsed.problem !== undefined)
      task.folder.append(out, `${told(path || step.path, parsed.tests.length)}: ${parsed.problem}\n`)
    for (const test of parsed.tests) tests.push(maskTest(test, task.steps.mask))
  }
  const ended = await eachFile(task, step.path, index, { file }).finally(() => reader.close())
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
    // A secret that is cut could not be told from other text.
    message: mask(test.message).slice(0, longestMessage),
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
