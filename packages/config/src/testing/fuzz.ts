import { compile } from '../compile.ts'
import type { ConfigDiagnostic } from '../diagnostic-code.ts'
import { validateOrb } from '../validate-orb.ts'
import { generator, mutate, mutateLines, pick } from './mutate.ts'

/** An input that broke a promise of the compiler, and which. */
export interface Finding {
  readonly source: string
  readonly promise: string
}

/** So much processor time no input may take, on a machine that runs nothing else. */
const promisedMs = 1_000

/** Compiles and checks mutated texts; gives what broke a promise. The same seed makes the same texts. */
export function fuzz(
  seeds: readonly string[],
  count: number,
  start: number,
  found: (finding: Finding) => void,
  slowMs = promisedMs,
): void {
  const random = generator(start)
  for (let run = 0; run < count; run += 1) {
    const seed = pick(seeds, random)
    const source = random() < 0.4 ? mutate(seed, random) : mutateLines(seed, seeds, random)
    const promise = brokenPromise(source, slowMs)
    if (promise !== undefined) found({ source, promise })
  }
}

/** What the compiler promises of any text at all: no exception, no second of work, spans inside of the text. */
export function brokenPromise(source: string, slowMs = promisedMs): string | undefined {
  const begun = performance.now()
  const broken = brokenBy(source)
  if (broken !== undefined || performance.now() - begun < slowMs) return broken
  // It took long; whether that was its own work or a busy machine, the processor time of another run says.
  const before = process.cpuUsage()
  brokenBy(source)
  const took = process.cpuUsage(before).user / 1_000
  return took < slowMs ? undefined : `takes ${Math.round(took)} ms of processor time`
}

function brokenBy(source: string): string | undefined {
  const { plan, diagnostics } = compile(source, { file: 'f', pipelineValues: { 'pipeline.git.branch': 'main' } })
  // A text that is no YAML is none for an orb either, found by the same reader.
  const isYaml = !diagnostics.some(({ code }) => code === 'yaml-syntax')
  const all = [...diagnostics, ...(isYaml ? validateOrb(source, { file: 'f' }) : [])]
  const internal = all.find(({ code }) => code === 'internal')
  if (internal !== undefined) return internal.message
  if ((plan === undefined) !== diagnostics.some(({ severity }) => severity === 'error')) return 'neither plan nor error'
  const outside = all.find((diagnostic) => !isInside(diagnostic, source))
  return outside === undefined ? undefined : `span of '${outside.message}' is outside of the text`
}

function isInside({ span }: ConfigDiagnostic, source: string): boolean {
  return span.start >= 0 && span.start <= span.end && span.end <= source.length + 1
}

/** A config with most constructs in it, and an orb. */
export const fuzzSeeds: readonly string[] = [
  `version: 2.1
setup: false
parameters: {deploy: {type: boolean, default: false}, tag: {type: string, default: "1"}, n: {type: integer, default: 2}}
orbs:
  o: {commands: {say: {parameters: {to: {type: string}}, steps: [{run: "echo << parameters.to >>"}]}}}
anchors: &base
  docker: [{image: alpine, auth: {username: u, password: $P}}]
executors: {e: {parameters: {t: {type: string, default: x}}, docker: [{image: "a:<< parameters.t >>"}], environment: {A: b}}}
commands:
  c: {parameters: {s: {type: steps, default: []}}, steps: [checkout, {steps: << parameters.s >>}, {when: {condition: {not: false}, steps: [{run: x}]}}]}
jobs:
  build: {<<: *base, steps: [{c: {s: [{o/say: {to: me}}]}}, {save_cache: {key: k, paths: [a]}}]}
  test: {parameters: {v: {type: string}}, executor: {name: e, t: << parameters.v >>}, steps: [{run: {command: "cat \\\\<<EOF", when: always}}]}
  stop: {type: no-op}
job-groups: {g: {jobs: [stop, {build: {requires: [stop]}}]}}
workflows:
  w:
    when: pipeline.git.branch == "main" or << pipeline.parameters.deploy >>
    jobs:
      - build
      - test: {matrix: {parameters: {v: ["1", "2"]}, exclude: [{v: "2"}]}, requires: [build], filters: {branches: {only: /m.*/}}}
      - hold: {type: approval, requires: [test]}
      - g: {requires: [{hold: [success, failed]}], serial-group: deploy}
  nightly: {triggers: [{schedule: {cron: "0 1 * * *", filters: {branches: {only: main}}}}], jobs: [build]}
`,
  `version: 2.1
description: an orb
executors:
  default:
    parameters:
      tag: {type: string, default: lts}
    docker:
      - image: cimg/node:<< parameters.tag >>
commands:
  install:
    parameters:
      manager: {type: enum, enum: [npm, yarn], default: npm}
      after: {type: steps, default: []}
    steps:
      - when:
          condition: {equal: [npm, << parameters.manager >>]}
          steps:
            - run:
                name: Install
                command: |
                  <<# parameters.manager >>npm ci<</ parameters.manager >>
                  cat \\<<EOF
                  EOF
      - steps: << parameters.after >>
jobs:
  test:
    executor: {name: default, tag: "20"}
    parallelism: 2
    steps:
      - checkout
      - install: {after: [{run: echo done}]}
`,
]
