import { type Origin, type Span, type Step, unavailableStep } from '@rondo/model'
import type { Report } from '../../report.ts'
import type { ResolvedStep } from '../../resolve/context.ts'
import type { MapNode, Node } from '../../tree/node.ts'
import { isFailed, mapNode, scalarNode, stringOf, typeName } from '../../tree/node.ts'
import { builtinStepName } from '../builtin-steps.ts'
import { readFields } from '../fields.ts'
import { readAddSshKeys } from './add-ssh-keys.ts'
import { readCheckout } from './checkout.ts'
import { readRestoreCache } from './restore-cache.ts'
import { readDeploy, readRun } from './run.ts'
import { readSaveCache } from './save-cache.ts'
import { readSetupRemoteDocker } from './setup-remote-docker.ts'
import type { StepReader } from './step-reader.ts'
import { readStoreArtifacts, readStoreTestResults } from './store.ts'
import { readAttachWorkspace, readPersistToWorkspace } from './workspace.ts'

const readers: Readonly<Record<string, StepReader>> = {
  run: readRun,
  deploy: readDeploy,
  checkout: readCheckout,
  save_cache: readSaveCache,
  restore_cache: readRestoreCache,
  persist_to_workspace: readPersistToWorkspace,
  attach_workspace: readAttachWorkspace,
  store_artifacts: readStoreArtifacts,
  store_test_results: readStoreTestResults,
  add_ssh_keys: readAddSshKeys,
  setup_remote_docker: readSetupRemoteDocker,
}

/** A resolved step as the agent executes it; undefined when it is wrong, which is reported. */
export function readStep(report: Report, step: ResolvedStep): Step | undefined {
  const found = keyword(report, step)
  if (found === undefined) return undefined
  const origin: Origin = { span: step.node.span, chain: step.chain }
  const reader = readers[found.name]
  const place = { report, what: `the step '${found.name}'`, chain: step.chain }
  const read: Step | undefined =
    reader === undefined
      ? { type: 'unsupported', keyword: found.name, origin }
      : reader(readFields(place, found.body, found.owner), origin)
  if (read !== undefined && unavailableStep(read) !== undefined)
    report.warn(
      'unsupported',
      step.node.span,
      `The step '${found.name}' is accepted but cannot be carried out here; the job will fail at it`,
      { chain: step.chain },
    )
  return read
}

interface Keyword {
  readonly name: string
  readonly body: MapNode
  /** The step's name, where it is written as a key. */
  readonly owner?: Span
}

function keyword(report: Report, step: ResolvedStep): Keyword | undefined {
  const { node } = step
  const first = node.kind === 'map' ? node.entries.values().next().value : undefined
  if (isFailed(node) || isFailed(first?.value)) return undefined
  const bare = stringOf(node)
  const bareName = bare === undefined ? undefined : builtinStepName(bare)
  if (bareName !== undefined) return { name: bareName, body: mapNode([], node.span) }
  const entry = node.kind === 'map' && node.entries.size === 1 ? first : undefined
  const name = entry === undefined ? undefined : builtinStepName(entry.key)
  if (entry === undefined || name === undefined) {
    report.error(
      'step-shape',
      node.span,
      `A step must be a name or a map with one key, found ${bare ?? typeName(node)}`,
      { chain: step.chain },
    )
    return undefined
  }
  const body = stepBody(name, entry.value)
  if (body !== undefined) return { name, body, owner: entry.keySpan }
  report.error(
    'expected-type',
    entry.value.span,
    `The step '${entry.key}' expected type: Mapping, found: ${typeName(entry.value)}`,
    { chain: step.chain, hint: shapeHint(name, entry.value) },
  )
  return undefined
}

const mainKeys: Readonly<Record<string, string>> = {
  restore_cache: 'key',
  save_cache: 'key',
  store_artifacts: 'path',
  store_test_results: 'path',
  attach_workspace: 'at',
  persist_to_workspace: 'root',
}

function shapeHint(name: string, value: Node): string | undefined {
  const text = stringOf(value)
  if (text === undefined) return value.kind === 'list' ? 'Take the dashes off: each line below it is a key' : undefined
  return mainKeys[name] === undefined ? undefined : `Write '${mainKeys[name]}: ${text.slice(0, 100)}' below it`
}

function stepBody(name: string, value: Node): MapNode | undefined {
  if (value.kind === 'map') return value
  if (value.kind !== 'scalar') return undefined
  if (value.value === null) return mapNode([], value.span)
  // A run step given as plain text: `- run: make`.
  if (name !== 'run' && name !== 'deploy') return undefined
  return mapNode(
    [{ key: 'command', keySpan: value.span, value: scalarNode(value.value, value.span, value.text) }],
    value.span,
  )
}
