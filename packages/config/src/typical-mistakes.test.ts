import { describe, expect, it } from 'vitest'
import { renderDiagnostic } from './render-diagnostic.ts'
import { compileText } from './testing/compile-text.ts'

const config = `version: 2.1
jobs:
  build:
    docker:
      - image: cimg/base:current
    steps:
      - checkout
      - run: make
workflows:
  main:
    jobs:
      - build
`

/** What somebody writes, in place of what stands above, and what the terminal shows of it. */
const mistakes: readonly (readonly [title: string, before: string, after: string, shown: string])[] = [
  [
    'a step that does not exist',
    'checkout',
    'chekout',
    `f:7:9: error: Cannot find a definition for command named chekout [unknown-command]
7 |       - chekout
  |         ^^^^^^^
  in workflow 'main'
  in job 'build'
  hint: Did you mean 'checkout'?`,
  ],
  [
    'a template of a cache key without quotes',
    'run: make',
    'save_cache: {key: v1-{{ .Branch }}, paths: [a]}',
    `f:8:30: error: Unexpected flow-map-start at node end [yaml-syntax]
8 |       - save_cache: {key: v1-{{ .Branch }}, paths: [a]}
  |                              ^
  hint: Put the text in quotes: between brackets, a bracket ends it`,
  ],
  [
    'a cache key that begins with a template, without quotes',
    'run: make',
    'save_cache:\n          key: {{ .Branch }}\n          paths: [a]',
    `f:9:17: error: A key must be plain text, not a list or a map [yaml-merge]
9 |           key: {{ .Branch }}
  |                 ^^^^^^^^^^^
  hint: Put a text that begins with '{{' in quotes`,
  ],
  [
    'a text of several lines between brackets',
    'run: make',
    'run: {name: all, command: |\n          make all\n        }',
    `f:8:35: error: Plain value cannot start with block scalar indicator | [yaml-syntax]
8 |       - run: {name: all, command: |
  |                                   ^
  hint: Between brackets no text goes over several lines in this way: write the map or list without them, a line for each key`,
  ],
  [
    'a NUL that YAML makes of an escape',
    'make',
    '"tr \\0 x"',
    `f:8:14: error: This text holds a NUL character, which no command, variable or name can hold [invalid-value]
8 |       - run: "tr \\0 x"
  |              ^^^^^^^^^
  hint: Leave it out. Where a program is to see \\0, use single quotes or a block, in which YAML leaves it alone.`,
  ],
  [
    'a quote that is left open',
    'make',
    '"make',
    `f:8:14: error: The text in quotes that begins here never ends [yaml-syntax]
8 |       - run: "make
  |              ^`,
  ],
  [
    'a misspelt key of a step, once',
    'run: make',
    'run: {comand: make}',
    `f:8:15: error: extraneous key [comand] is not permitted in the step 'run' [unknown-key]
8 |       - run: {comand: make}
  |               ^^^^^^
  in workflow 'main'
  in job 'build'
  hint: Did you mean 'command'?`,
  ],
  [
    'a job that does not exist, without what requires it',
    '- build\n',
    '- biuld\n      - build: {name: after, requires: [build]}\n',
    `f:12:9: error: Cannot find a definition for job named biuld [unknown-job]
12 |       - biuld
   |         ^^^^^
  in workflow 'main'
  hint: Did you mean 'build'?`,
  ],
  [
    'no blank behind a colon',
    'image: cimg',
    'image:cimg',
    `f:5:9: error: An item of 'docker' must be a map with 'image', found String [expected-type]
5 |       - image:cimg/base:current
  |         ^^^^^^^^^^^^^^^^^^^^^^^
  in workflow 'main'
  in job 'build'
  hint: Write '- image: cimg/base:current'`,
  ],
  [
    'a matrix over a parameter nobody declares, once for all its values',
    '- build\n',
    '- build: {matrix: {parameters: {os: [a, b]}}}\n',
    `f:12:39: error: Unexpected argument(s): os [unexpected-argument]
12 |       - build: {matrix: {parameters: {os: [a, b]}}}
   |                                       ^^
  in workflow 'main'
  in matrix 'build-a'
  in job 'build-a'
  hint: Job 'build' declares no parameter of that name`,
  ],
  [
    'branches without filters',
    '- build\n',
    '- build: {branches: {only: main}}\n',
    `f:12:17: error: Unexpected argument(s): branches [unexpected-argument]
12 |       - build: {branches: {only: main}}
   |                 ^^^^^^^^
  in workflow 'main'
  in job 'build'
  hint: 'branches' stands below 'filters:'`,
  ],
  [
    'a comparison with one sign',
    'main:',
    'main:\n    when: pipeline.git.branch = "main"',
    `f:11:32: error: Incomplete token, expected "==", found   [expression]
11 |     when: pipeline.git.branch = "main"
   |                                ^
  in workflow 'main'
  hint: A comparison is written '=='`,
  ],
  [
    'a missing colon',
    'docker:',
    'docker',
    `f:4:5: error: Implicit keys need to be on a single line [yaml-syntax]
4 |     docker
  |     ^^^^^^
  hint: Is a colon missing, or the blank behind it?`,
  ],
  [
    'a here-document',
    'run: make',
    'run: |\n          cat <<EOF\n          x\n          EOF',
    `f:9:15: error: Unclosed '<<' tag in string: 'cat <<EOF' [unclosed-template]
9 |           cat <<EOF
  |               ^^^^^
  hint: ('<<' must be escaped as '\\<<' in config v2.1+)`,
  ],
  [
    'a misspelt pipeline value within text',
    'make',
    'echo << pipeline.git.brnch >> now',
    `f:8:19: error: Referred to a variable "pipeline.git.brnch" that does not exist [unknown-variable]
8 |       - run: echo << pipeline.git.brnch >> now
  |                   ^^^^^^^^^^^^^^^^^^^^^^^^
  in workflow 'main'
  in job 'build'
  hint: Did you mean 'pipeline.git.branch'?`,
  ],
  [
    'single quotes in an expression',
    'main:',
    "main:\n    when: pipeline.git.branch == 'main'",
    `f:11:34: error: Unexpected character ' [expression]
11 |     when: pipeline.git.branch == 'main'
   |                                  ^
  in workflow 'main'
  hint: Texts in expressions stand in double quotes`,
  ],
  [
    'a misspelt environment, once',
    'docker:',
    'dokcer:',
    `f:4:5: error: extraneous key [dokcer] is not permitted in job 'build' [unknown-key]
4 |     dokcer:
  |     ^^^^^^
  in workflow 'main'
  in job 'build'
  hint: Did you mean 'docker'?`,
  ],
  [
    'a default outside of its enum, once',
    '    docker:',
    '    parameters: {os: {type: enum, enum: [linux, mac], default: win}}\n    docker:',
    `f:4:64: error: Parameter error: default value of parameter 'os' is '"win"' (type string): expected type enum (one of "linux", "mac") [parameter-default]
4 |     parameters: {os: {type: enum, enum: [linux, mac], default: win}}
  |                                                                ^^^`,
  ],
  [
    'a misspelt operator',
    'main:',
    'main:\n    when: {equals: [a, b]}',
    `f:11:11: error: A logic statement has exactly one key out of and, or, not, equal, matches; found equals [logic]
11 |     when: {equals: [a, b]}
   |           ^^^^^^^^^^^^^^^^
  in workflow 'main'
  hint: Did you mean 'equal'?`,
  ],
  [
    'filters beside the job instead of below it',
    '- build\n',
    '- build:\n        filters: {branches: {only: main}}\n',
    `f:12:9: error: An entry of 'jobs' has exactly one key, found build, filters [expected-type]
12 |       - build:
   |         ^^^^^^
  in workflow 'main'
  hint: Indent 'filters' further, so that it stands below 'build'`,
  ],
  [
    'a requirement that does not exist, behind characters of two columns',
    '- build\n',
    '- build: {name: 日本, requires: [bild]}\n      - build\n',
    `f:12:38: error: Job '日本' requires 'bild', which is the name of 0 other jobs in workflow 'main' [requires]
12 |       - build: {name: 日本, requires: [bild]}
   |                                        ^^^^
  in workflow 'main'
  in job '日本'
  hint: Did you mean 'build'?`,
  ],
]

describe('what the terminal shows of', () => {
  it.each(mistakes)('%s', (_, before, after, shown) => {
    const source = config.replace(before, () => after)

    const { diagnostics } = compileText(source, { file: 'f' })

    expect(diagnostics.map((diagnostic) => renderDiagnostic(diagnostic, source)).join('\n')).toBe(shown)
  })
})
