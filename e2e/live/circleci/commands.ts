/** One call of the official command line, and what has to come of it. */
export interface Call {
  readonly args: readonly string[]
  readonly stdin?: string
  /** Asked with this token instead of the administrator's. */
  readonly token?: string
  /** Default 0; the program ends with 255 whatever went wrong. */
  readonly exit?: number
  /** Must appear in what it prints. */
  readonly prints?: RegExp
}

/** Files that the calls read, by name. */
export const files: Readonly<Record<string, string>> = {
  'orb.yml': `version: 2.1
description: Says things
commands:
  say:
    parameters:
      what: { type: string, default: hello }
    steps:
      - run: echo << parameters.what >>
`,
  'wrong-orb.yml': 'version: 2.1\ncommands: { a: { steps: [b] } }\n',
  'config.yml': `version: 2.1
orbs: { tool: acme/tool@1 }
parameters: { what: { type: string, default: hi } }
jobs:
  build:
    docker: [{ image: "cimg/base:2025.05" }]
    steps:
      - tool/say: { what: << pipeline.parameters.what >> }
workflows: { main: { jobs: [build] } }
`,
  'uses-secret.yml':
    'version: 2.1\norbs: { tool: acme/secret@1 }\njobs: { build: { docker: [{ image: a }], steps: [tool/say] } }\n',
  'uses-secret-orb.yml': 'version: 2.1\norbs: { tool: acme/secret@1 }\ncommands: { say: { steps: [tool/say] } }\n',
  'wrong.yml': `version: 2.1
orbs: { tool: acme/tool@1 }
jobs: { build: { docker: [{ image: a }], steps: [tool/sya] } }
`,
  'src/@orb.yml': 'version: 2.1\ndescription: Packed\n',
  'src/commands/say.yml': 'steps:\n  - run: echo\n',
  'me.graphql': 'query { me { name } }\n',
}

/**
 * In order: later calls use what earlier ones made. The organisation acme and its project app, whose ids `<organization>`
 * and `<project>` stand for, are there already.
 */
export const calls: readonly Call[] = [
  { args: ['diagnostic'], prints: /Hello, / },
  { args: ['query', 'me.graphql'], prints: /"name"/ },

  { args: ['namespace', 'create', 'acme', 'github', 'acme', '--no-prompt'], prints: /Namespace `acme` created/ },
  {
    args: ['namespace', 'create', 'acme', 'github', 'acme', '--no-prompt'],
    exit: 255,
    prints: /There is a namespace acme already/,
  },
  { args: ['namespace', 'create', 'other', 'github', 'nobody', '--no-prompt'], exit: 255, prints: /Org not found/ },
  { args: ['orb', 'create', 'acme/tool', '--no-prompt'], prints: /Orb `acme\/tool` created/ },
  { args: ['orb', 'create', 'acme/secret', '--private', '--no-prompt'], prints: /usable only by org users/ },
  { args: ['orb', 'create', 'nowhere/tool', '--no-prompt'], exit: 255, prints: /namespace 'nowhere' does not exist/ },
  { args: ['orb', 'validate', 'orb.yml'], prints: /is valid/ },
  { args: ['orb', 'validate', 'wrong-orb.yml'], exit: 255, prints: /command named b/ },
  { args: ['orb', 'process', 'orb.yml'], prints: /description: Says things/ },
  { args: ['orb', 'pack', 'src'], prints: /description: Packed/ },
  { args: ['orb', 'publish', 'orb.yml', 'acme/tool@dev:first'], prints: /`acme\/tool@dev:first` was published/ },
  { args: ['orb', 'publish', 'promote', 'acme/tool@dev:first', 'patch'], prints: /promoted to `acme\/tool@0\.0\.1`/ },
  { args: ['orb', 'publish', 'promote', 'acme/tool@dev:none', 'patch'], exit: 255, prints: /dev:none was not found/ },
  {
    args: ['orb', 'publish', 'increment', 'orb.yml', 'acme/tool', 'minor'],
    prints: /incremented to `acme\/tool@0\.1\.0`/,
  },
  { args: ['orb', 'publish', 'orb.yml', 'acme/tool@1.0.0'], prints: /`acme\/tool@1\.0\.0` was published/ },
  { args: ['orb', 'publish', 'orb.yml', 'acme/tool@1.0.0'], exit: 255, prints: /published already/ },
  { args: ['orb', 'publish', 'wrong-orb.yml', 'acme/tool@1.0.1'], exit: 255, prints: /command named b/ },
  { args: ['orb', 'list'], prints: /Orbs found: 0\. Showing only certified orbs/ },
  { args: ['orb', 'list', '--uncertified'], prints: /acme\/tool \(1\.0\.0\)/ },
  { args: ['orb', 'list', 'acme', '--details'], prints: /what: string/ },
  { args: ['orb', 'list', 'acme', '--private'], prints: /acme\/secret \(Not published\)/ },
  { args: ['orb', 'publish', 'orb.yml', 'acme/secret@1.0.0'], prints: /`acme\/secret@1\.0\.0` was published/ },
  { args: ['orb', 'validate', 'uses-secret-orb.yml', '--org-id', '<organization>'], prints: /is valid/ },
  { args: ['orb', 'list', 'acme', '--json'], prints: /"name": "acme\/tool"/ },
  { args: ['orb', 'source', 'acme/tool@1'], prints: /description: Says things/ },
  { args: ['orb', 'source', 'acme/none'], exit: 255, prints: /no Orb 'acme\/none' was found/ },
  { args: ['orb', 'info', 'acme/tool'], prints: /Latest: acme\/tool@1\.0\.0[\s\S]*Total-revisions: 3/ },
  { args: ['orb', 'diff', 'acme/tool', '0.0.1', '1.0.0'], prints: /No diff found/ },
  { args: ['orb', 'list-categories'], prints: /Testing/ },
  { args: ['orb', 'add-to-category', 'acme/tool', 'Testing'], prints: /successfully added/ },
  { args: ['orb', 'add-to-category', 'acme/tool', 'Cooking'], exit: 255, prints: /'Cooking' category does not exist/ },
  { args: ['orb', 'remove-from-category', 'acme/tool', 'Testing'], prints: /successfully removed/ },
  { args: ['orb', 'unlist', 'acme/tool', 'true'], prints: /now disabled/ },
  { args: ['orb', 'list', 'acme'], prints: /Orbs found: 0/ },
  { args: ['orb', 'unlist', 'acme/tool', 'false'], prints: /now enabled/ },

  { args: ['config', 'validate', 'config.yml'], prints: /is valid/ },
  { args: ['config', 'validate', '-'], stdin: files['config.yml']!, prints: /is valid/ },
  { args: ['config', 'validate', 'wrong.yml'], exit: 255, prints: /Did you mean 'tool\/say'/ },
  { args: ['config', 'process', 'config.yml'], prints: /command: echo hi/ },
  { args: ['config', 'process', 'config.yml', '--org-slug', 'gh/acme'], prints: /resolved to 'acme\/tool@1\.0\.0'/ },
  {
    args: ['config', 'process', 'config.yml', '--pipeline-parameters', '{"what": "there"}'],
    prints: /command: echo there/,
  },
  { args: ['config', 'process', 'uses-secret.yml', '--org-slug', 'gh/acme'], prints: /command: echo hello/ },
  {
    args: ['config', 'process', 'uses-secret.yml'],
    exit: 255,
    prints: /Cannot find acme\/secret@1 in the orb registry/,
  },
  { args: ['config', 'pack', 'src'], prints: /description: Packed/ },

  { args: ['context', 'create', 'github', 'acme', 'prod'], prints: /Created context prod/ },
  { args: ['context', 'list', 'github', 'acme'], prints: /prod/ },
  { args: ['context', 'store-secret', 'github', 'acme', 'prod', 'KEY'], stdin: 's3cret' },
  { args: ['context', 'show', 'github', 'acme', 'prod'], prints: /KEY/ },
  { args: ['context', 'remove-secret', 'github', 'acme', 'prod', 'KEY'], prints: /Removed secret KEY/ },
  { args: ['context', 'delete', 'github', 'acme', 'prod', '-f'], prints: /Deleted context prod/ },
  { args: ['project', 'secret', 'create', 'github', 'acme', 'app', 'KEY', '--env-value', 'abcdef'], prints: /xxxxdef/ },
  { args: ['project', 'secret', 'list', 'github', 'acme', 'app'], prints: /KEY/ },

  {
    args: [
      'pipeline',
      'run',
      'acme',
      '<project>',
      '--pipeline-definition-id',
      '<project>',
      '--config-branch',
      'main',
      '--checkout-branch',
      'main',
      '--repo-config',
    ],
    prints: /Pipeline/,
  },

  { args: ['orb', 'list', 'acme'], token: '', prints: /acme\/tool/ },
  { args: ['orb', 'validate', 'orb.yml'], token: '', exit: 255, prints: /must log in/ },
  { args: ['config', 'validate', 'config.yml'], token: 'nonsense', exit: 255, prints: /Invalid token/ },
  { args: ['admin', 'rename-namespace', 'acme', 'roadrunner', '--no-prompt'], prints: /renamed to `roadrunner`/ },
  { args: ['orb', 'source', 'acme/tool'], prints: /description: Says things/ },
  { args: ['admin', 'delete-namespace', 'roadrunner', '--no-prompt'], prints: /Delete orb: 'roadrunner\/tool'/ },
  { args: ['orb', 'source', 'acme/tool'], exit: 255, prints: /was found/ },
]
