import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join, relative } from 'node:path'
import type { Stack } from '@rondo/testkit'
import { parse } from 'yaml'
import { checkExpectation, type Expectation } from './expectation.ts'

/** Where a scenario's own steps act. */
export interface ScenarioPlace {
  readonly stack: Stack
  readonly organization: string
  /** `ORG/REPO` */
  readonly project: string
}

/** For what no list of expectations can say: `scenario.ts` beside `expect.yml` exports any of these as `scenario`. */
export interface ScenarioSteps {
  /** False when this machine lacks what the scenario needs; it is then left out. */
  able?(): boolean
  /** Before the first push; answers further files of the repository. */
  prepare?(place: ScenarioPlace): Promise<Readonly<Record<string, string>>>
  /** At the end, for what is to be looked at beyond the expectations; answers what differs. */
  check?(place: ScenarioPlace, pipelineIds: readonly string[]): Promise<readonly string[]>
  /** Always. */
  cleanUp?(): Promise<void>
}

export interface Scenario {
  readonly name: string
  readonly expectation: Expectation
  /** Of the repository that is pushed, by path. */
  readonly files: Readonly<Record<string, Buffer>>
  readonly steps: ScenarioSteps
}

const root = join(import.meta.dirname, '../scenarios')
const ownFiles = new Set(['expect.yml', 'scenario.ts'])

/** Every folder `NN-name`: `config.yml`, `expect.yml`, perhaps `scenario.ts`; what else lies there goes into the repository. */
export async function loadScenarios(): Promise<readonly Scenario[]> {
  const names = readdirSync(root).filter((name) => /^\d\d-/.test(name))
  return Promise.all(names.sort().map(loadScenario))
}

async function loadScenario(name: string): Promise<Scenario> {
  const folder = join(root, name)
  const text = readFileSync(join(folder, 'expect.yml'), 'utf8')
  const expectation = checkExpectation(`${name}/expect.yml`, parse(text, { merge: true }) as Expectation)
  const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(folder, join(entry.parentPath, entry.name)))
    .filter((path) => !ownFiles.has(path))
  const files = paths.map((path) => [
    path === 'config.yml' ? '.circleci/config.yml' : path,
    readFileSync(join(folder, path)),
  ])
  const program = join(folder, 'scenario.ts')
  const steps: ScenarioSteps = existsSync(program) ? (await import(program)).scenario : {}
  return { name, expectation, files: Object.fromEntries(files), steps }
}
