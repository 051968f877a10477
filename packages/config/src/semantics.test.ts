import { expect, it } from 'vitest'
import { errorsOf } from './testing/compile-text.ts'

/** What the language accepts and refuses, statement by statement: the section of the semantics, the case, a config. */
type Row = readonly [section: string, what: string, source: string]

const d = 'docker: [{image: a}]'
const jobWith = (body: string, rest = '') => `version: 2.1\njobs:\n  build: {${d}, ${body}}\n${rest}`
const stepsOf = (steps: string, rest = '') =>
  `version: 2.1\njobs:\n  build:\n    ${d}\n    steps:\n${steps.replace(/^/gm, '      ')}\n${rest}`
const workflowWith = (entries: string, rest = '', wf = '') =>
  `version: 2.1\njobs: {a: {${d}, steps: [checkout]}, b: {${d}, steps: [checkout]}, p: {parameters: {v: {type: string, default: x}, n: {type: integer, default: 1}, e: {type: executor, default: ex}, f: {type: boolean, default: false}, st: {type: steps, default: []}}, executor: << parameters.e >>, steps: [{run: "<< parameters.v >> << parameters.n >> << parameters.f >>"}, {steps: << parameters.st >>}]}}\nexecutors: {ex: {${d}}, ex2: {parameters: {t: {type: string, default: z}}, docker: [{image: "i:<< parameters.t >>"}]}}\n${rest}\nworkflows:\n  w:\n${wf}    jobs:\n${entries.replace(/^/gm, '      ')}\n`

const accepted: readonly Row[] = [
  ['1', 'yes as a boolean', jobWith('steps: []', 'parameters: {x: {type: boolean, default: yes}}')],
  ['1', 'several merge keys in one map', stepsOf('- run:\n    <<: &x {name: n}\n    <<: &y {command: c}')],
  ['2', 'a version in quotes', `version: "2.0"\njobs: {build: {${d}, steps: [checkout]}}`],
  ['2', 'empty sections', stepsOf('- checkout', 'orbs:\ncommands:\nexecutors:\nparameters:\n')],
  ['2', 'the key experimental', stepsOf('- checkout', 'experimental: {notify: {branches: {only: [main]}}}')],
  ['2', 'unknown keys at the top', stepsOf('- checkout', 'references: [1]\nx-y: {z: 1}')],
  [
    '2',
    'metadata of orbs',
    stepsOf(
      '- checkout',
      'display: {home_url: x}\nexamples: {e: {usage: {version: 2.1, jobs: << foo >>}}}\ndescription: hi',
    ),
  ],
  ['2', 'workflows that hold a version only', stepsOf('- checkout', 'workflows: {version: 2}')],
  [
    '3',
    'unknown names in what is not used',
    stepsOf('- checkout', 'commands: {unused: {steps: [nosuch, {run: << parameters.zz >>}]}}'),
  ],
  ['4.1', 'a parameter in upper case', stepsOf('- checkout', 'parameters: {XY: {type: string, default: a}}')],
  [
    '4.1',
    'an enum of numbers',
    stepsOf('- c: {x: 1}', 'commands: {c: {parameters: {x: {type: enum, enum: [1, 2]}}, steps: [checkout]}}'),
  ],
  [
    '4.1',
    'an integer handed on by a lone template',
    stepsOf(
      '- o: {n: 3}',
      'commands: {o: {parameters: {n: {type: integer}}, steps: [{i: {m: << parameters.n >>}}]}, i: {parameters: {m: {type: integer}}, steps: [{run: "echo << parameters.m >>"}]}}',
    ),
  ],
  ['4.4', 'an executor argument with arguments', workflowWith('- p: {e: {name: ex2, t: "9"}}')],
  [
    '4.4',
    'matrix values in every attribute of their entry',
    workflowWith(
      '- a\n- p: {matrix: {parameters: {v: [a, b]}}, requires: [a], filters: {branches: {only: << matrix.v >>}}, context: "c-<< matrix.v >>", post-steps: [{run: << matrix.v >>}]}',
    ),
  ],
  [
    '5',
    'sections in a text',
    stepsOf(
      '- c: {f: true}',
      'commands: {c: {parameters: {f: {type: boolean}}, steps: [{run: "a <<# parameters.f >>yes<</ parameters.f >><<^ parameters.f >>no<</ parameters.f >>"}]}}',
    ),
  ],
  ['5', 'escaped here-documents and here-strings', stepsOf("- run: cat \\<<<x \\<<-'X'")],
  ['5', 'an empty pipeline value', stepsOf('- run: x<< pipeline.git.tag >>y')],
  [
    '5',
    'a name with a hyphen',
    stepsOf('- run: "<< pipeline.parameters.a-b >>"', 'parameters: {a-b: {type: string, default: z}}'),
  ],
  ['5', 'an expression in a template', stepsOf('- run: << pipeline.git.branch == "main" and "x" or "y" >>')],
  ['5', 'a template in a comment', stepsOf('- checkout # << nope')],
  [
    '6.3',
    'a text as the condition of a step',
    stepsOf('- when: {condition: pipeline.git.branch == "x", steps: [{run: z}]}'),
  ],
  [
    '7',
    'nested statements',
    workflowWith('- a', '', '    when: {and: [{equal: [1,1]}, {not: {matches: {pattern: "^x$", value: y}}}]}\n'),
  ],
  [
    '8',
    'values of every family',
    stepsOf(
      '- run: << pipeline.event.github.pull_request.number >> << pipeline.deploy.reason >> << pipeline.trigger_parameters.webhook.body >> << pipeline.schedule.name >>',
    ),
  ],
  [
    '9.2',
    'an element that stands for one of another orb',
    stepsOf('- o/z', 'orbs: {o: {orbs: {i: {commands: {c: {steps: [checkout]}}}}, commands: {z: i/c}}}'),
  ],
  ['10', 'a shell as a list', jobWith('steps: [], shell: [bash, -c]')],
  [
    '10',
    'an environment as one text',
    workflowWith('- p', '', '').replace(`ex: {${d}}`, `ex: {${d}, environment: "A=b"}`),
  ],
  ['11', 'a command with no step in it', stepsOf('- c', 'commands: {c: {steps: []}}')],
  ['11', 'a call with nothing below it', stepsOf('- c:', 'commands: {c: {steps: [checkout]}}')],
  ['12', 'branches of a job', jobWith('steps: [], branches: {only: main}')],
  ['12', 'parallelism by a template', jobWith('steps: [], parallelism: << pipeline.number >>')],
  ['12', 'retention of caches', jobWith('steps: [], retention: {caches: 3d}')],
  [
    '12',
    'a job that stands for an orb job',
    `version: 2.1\norbs: {o: {jobs: {j: {${d}, steps: [checkout]}}}}\njobs: {build: o/j}`,
  ],
  ['12', 'an environment of NAME=value', jobWith('steps: [], environment: ["A=x", "B=1=2"]')],
  ['12', 'an environment as a list of maps', jobWith('steps: [], environment: [{A: x}, {B: 1, C: null}]')],
  [
    '13',
    'an unknown key of an image',
    'version: 2.1\njobs: {build: {docker: [{image: a, ports: ["1:1"]}], steps: []}}',
  ],
  ['13', 'a machine by its image', 'version: 2.1\njobs: {build: {machine: default, steps: []}}'],
  ['13', 'machine with enabled', 'version: 2.1\njobs: {build: {machine: {enabled: true}, steps: []}}'],
  ['13', 'a runner resource class', 'version: 2.1\njobs: {build: {machine: true, resource_class: ns/cls, steps: []}}'],
  ['14', 'checkout with nothing below it', stepsOf('- checkout:')],
  [
    '14',
    'setup_remote_docker with its keys',
    stepsOf('- setup_remote_docker: {version: 20.10.24, docker_layer_caching: true}'),
  ],
  ['14', 'restore_cache with key and keys', stepsOf('- restore_cache: {key: a, keys: [b]}')],
  ['14', 'paths as one text', stepsOf('- persist_to_workspace: {root: ., paths: x}')],
  [
    '14',
    'ssh keys, all or some',
    stepsOf('- add_ssh_keys\n- add_ssh_keys: {fingerprints: ["aa:bb"]}\n- install_signing_bundle'),
  ],
  ['14', 'the deprecated deploy', stepsOf('- deploy: {command: x}\n- deploy: y')],
  ['14', 'steps spliced in', stepsOf('- steps: [checkout, {run: x}]')],
  [
    '14.1',
    'when of a step by a parameter',
    stepsOf(
      '- c',
      'commands: {c: {parameters: {w: {type: enum, enum: [always, on_fail], default: always}}, steps: [{run: {command: x, when: << parameters.w >>}}]}}',
    ),
  ],
  ['14.2', 'one step below a condition', stepsOf('- when: {condition: true, steps: {run: x}}')],
  ['15', 'five reruns of a workflow', workflowWith('- a', '', '    max_auto_reruns: 5\n')],
  ['16', 'an entry with nothing below it', workflowWith('- a:')],
  ['16', 'requires as one text', workflowWith('- a\n- b: {requires: a}')],
  ['16', 'a list of contexts', workflowWith('- a: {context: [x, y]}')],
  ['16', 'a serial-group by a template', workflowWith('- a: {serial-group: "x/<< pipeline.git.branch >>"}')],
  [
    '17',
    'an exclusion that names some parameters',
    workflowWith('- p: {matrix: {parameters: {v: [a, b], n: [1, 2]}, exclude: [{v: a}]}}'),
  ],
  [
    '17',
    'executors with arguments in a matrix',
    workflowWith('- p: {matrix: {parameters: {e: [ex, {name: ex2, t: q}]}}}'),
  ],
  ['18', 'one job twice', workflowWith('- a\n- a')],
  ['19', 'an empty filter', workflowWith('- a: {filters: {branches: {}}}')],
  ['19', 'a filter by an expression', workflowWith('- a: {filters: pipeline.git.branch == "main"}')],
  ['21', 'a no-op job', workflowWith('- a\n- n', '', '').replace('jobs: {a:', 'jobs: {n: {type: no-op}, a:')],
  [
    '21',
    'a release job',
    workflowWith('- r').replace(
      'jobs: {a:',
      'jobs: {r: {type: release, plan_name: x, validation: {enabled: true}}, a:',
    ),
  ],
  ['21', 'a lock job', workflowWith('- l').replace('jobs: {a:', 'jobs: {l: {type: lock, key: x}, a:')],
  [
    '21.5',
    'one group twice, by names',
    workflowWith('- g: {name: one}\n- g: {name: two, requires: [one]}', 'job-groups: {g: {jobs: [a]}}'),
  ],
  ['21.6', 'an override that is not there', workflowWith('- a: {override-with: no/job}')],
  ['32', 'an unknown key of store_artifacts', stepsOf('- store_artifacts: {path: x, prefix: y}')],
  [
    '32',
    'dots in the name of a job',
    `version: 2.1\njobs: {test-go-1.12: {${d}, steps: [checkout]}}\nworkflows: {w: {jobs: [test-go-1.12]}}`,
  ],
  [
    '32',
    'an executor by a text parameter',
    workflowWith('- q').replace(
      'jobs: {a:',
      'jobs: {q: {parameters: {x: {type: string, default: ex}}, executor: << parameters.x >>, steps: []}, a:',
    ),
  ],
  [
    '12-18',
    'an unknown step under a false condition',
    stepsOf(
      '- c',
      'commands: {c: {parameters: {s: {type: string, default: ""}}, steps: [{when: {condition: << parameters.s >>, steps: [nosuch]}}]}}',
    ),
  ],
  ['12-18', 'a requirement named twice', workflowWith('- a\n- b: {requires: [a, a]}')],
  ['12-18', 'a number as a name', workflowWith('- a: {name: 12}\n- b: {requires: ["12"]}')],
  ['12-18', 'text beyond ASCII', stepsOf('- run: {name: "é", command: "x"}')],
]

const refused: readonly Row[] = [
  ['1', 'two documents', 'version: 2.1\n---\na: 1'],
  ['2', 'a job and a group of one name', stepsOf('- checkout', 'job-groups: {build: {jobs: [build]}}')],
  [
    '3',
    'an unclosed template in what is not used',
    stepsOf('- checkout', 'commands: {unused: {steps: [{run: "a << b"}]}}'),
  ],
  [
    '4.1',
    'an unknown key of a declaration',
    stepsOf('- checkout', 'parameters: {x: {type: string, default: a, foo: 1}}'),
  ],
  [
    '4.1',
    'an enum default out of the list',
    stepsOf('- checkout', 'parameters: {x: {type: enum, enum: [a], default: b}}'),
  ],
  ['4.1', 'an enum without a list', stepsOf('- checkout', 'parameters: {x: {type: enum, default: b}}')],
  ['4.1', 'a pipeline parameter of steps', stepsOf('- checkout', 'parameters: {x: {type: steps, default: []}}')],
  ['4.1', 'a pipeline parameter without default', stepsOf('- checkout', 'parameters: {x: {type: string}}')],
  ['4.1', 'an unknown type', stepsOf('- checkout', 'parameters: {x: {type: number, default: 1}}')],
  [
    '4.1',
    'a text made by a template as an integer',
    stepsOf(
      '- o: {n: 3}',
      'commands: {o: {parameters: {n: {type: integer}}, steps: [{i: {m: "<< parameters.n >>0"}}]}, i: {parameters: {m: {type: integer}}, steps: [checkout]}}',
    ),
  ],
  [
    '4.2',
    'a parameter with a reserved name',
    workflowWith('- a', '', '').replace(
      'jobs: {a: {',
      `jobs: {q: {parameters: {name: {type: string}}, ${d}, steps: []}, a: {`,
    ),
  ],
  [
    '4.4',
    'a pipeline parameter made of another',
    stepsOf(
      '- checkout',
      'parameters: {x: {type: string, default: a}, y: {type: string, default: << pipeline.parameters.x >>}}',
    ),
  ],
  ['5', 'a name of no namespace', stepsOf('- run: << foo.bar >>')],
  ['5', 'an unknown pipeline value', stepsOf('- run: << pipeline.nosuch >>')],
  ['7', 'the key condition in a workflow', workflowWith('- a', '', '    when: {condition: true}\n')],
  ['7', 'matches without a value', workflowWith('- a', '', '    when: {matches: {pattern: x}}\n')],
  ['7', 'when beside unless', workflowWith('- a', '', '    when: true\n    unless: false\n')],
  ['9.1', 'an orb without a version', stepsOf('- checkout', 'orbs: {x: foo}')],
  ['9.1', 'an address that is not there', stepsOf('- checkout', 'orbs: {x: "https://x/y.yml"}')],
  [
    '9.2',
    'orbs of the importer inside an orb',
    stepsOf('- o/z', 'orbs: {p: {commands: {c: {steps: [checkout]}}}, o: {commands: {z: {steps: [p/c]}}}}'),
  ],
  [
    '10',
    'an executor with two environments',
    workflowWith('- p', '', '').replace(`ex: {${d}}`, `ex: {${d}, machine: true}`),
  ],
  ['11', 'a command without steps', stepsOf('- c', 'commands: {c: {description: x}}')],
  ['11', 'when on a call', stepsOf('- c: {when: always}', 'commands: {c: {steps: [checkout]}}')],
  ['12', 'a job without steps', `version: 2.1\njobs: {build: {${d}}}`],
  ['12', 'an unknown key of a job', jobWith('steps: [], foo: 1')],
  ['12', 'parallelism of zero', jobWith('steps: [], parallelism: 0')],
  ['12', 'retention of 31 days', jobWith('steps: [], retention: {caches: 31d}')],
  [
    '13',
    'auth without a password',
    'version: 2.1\njobs: {build: {docker: [{image: a, auth: {username: u}}], steps: []}}',
  ],
  ['13', 'macos without xcode', 'version: 2.1\njobs: {build: {macos: {}, steps: []}}'],
  ['14', 'run without a command', stepsOf('- run: {name: x}')],
  ['14', 'restore_cache without a key', stepsOf('- restore_cache: {name: a}')],
  ['14.1', 'a timeout in words', stepsOf('- run: {command: x, no_output_timeout: 10 minutes}')],
  ['14.1', 'an unknown when of a step', stepsOf('- run: {command: x, when: sometimes}')],
  ['14.1', 'six reruns of a step', stepsOf('- run: {command: x, max_auto_reruns: 6}')],
  ['14.1', 'a rerun delay without reruns', stepsOf('- run: {command: x, auto_rerun_delay: 10s}')],
  [
    '14.1',
    'a rerun delay of eleven minutes',
    stepsOf('- run: {command: x, max_auto_reruns: 2, auto_rerun_delay: 11m}'),
  ],
  ['14.3', 'parameters of the job in pre-steps', workflowWith('- p: {pre-steps: [{run: << parameters.v >>}]}')],
  ['15', 'six reruns of a workflow', workflowWith('- a', '', '    max_auto_reruns: 6\n')],
  ['16', 'terminal among other statuses', workflowWith('- a\n- b: {requires: [{a: [terminal, success]}]}')],
  ['16', 'a blank serial-group', workflowWith('- a: {serial-group: " "}')],
  ['17', 'a matrix parameter the job has not', workflowWith('- a: {matrix: {parameters: {q: [1]}}}')],
  ['17', 'a matrix value of the wrong type', workflowWith('- p: {matrix: {parameters: {n: ["1"]}}}')],
  ['18', 'a requirement that fits two jobs', workflowWith('- a\n- a\n- b: {requires: [a]}')],
  ['19', 'an unknown key of a filter', workflowWith('- a: {filters: {branches: {nope: x}}}')],
  ['20', 'a schedule without branches', workflowWith('- a', '', '    triggers: [{schedule: {cron: "0 0 * * *"}}]\n')],
  ['21', 'a no-op defined in a workflow', workflowWith('- n: {type: no-op}')],
  ['21.5', 'arguments of a job group', workflowWith('- g: {v: x}', 'job-groups: {g: {jobs: [a]}}')],
  [
    '21.5',
    'a matrix of a job group',
    workflowWith('- g: {matrix: {parameters: {v: [1]}}}', 'job-groups: {g: {jobs: [a]}}'),
  ],
  ['21.5', 'a group in a group', workflowWith('- g', 'job-groups: {g: {jobs: [h]}, h: {jobs: [a]}}')],
  [
    '22',
    'schedules in a setup config',
    'setup: true\n' +
      workflowWith('- a', '', '    triggers: [{schedule: {cron: "0 0 * * *", filters: {branches: {only: x}}}}]\n'),
  ],
  [
    '12-18',
    'a job with an executor and no steps',
    workflowWith('- q').replace('jobs: {a:', 'jobs: {q: {executor: ex}, a:'),
  ],
  ['12-18', 'an argument the job does not declare', workflowWith('- a: {zzz: 1}')],
  ['12-18', 'a job that is a number', 'version: 2.1\njobs: {build: 3}'],
  ['12-18', 'steps of nothing', `version: 2.1\njobs: {build: {${d}, steps: }}`],
  ['12-18', 'two jobs that require each other', workflowWith('- a: {requires: [b]}\n- b: {requires: [a]}')],
  ['12-18', 'an approval that requires nobody there', workflowWith('- h: {type: approval, requires: [zz]}')],
  ['12-18', 'context in a job', jobWith('steps: [], context: x')],
  ['12-18', 'when in a job', jobWith('steps: [], when: always')],
  ['12-18', 'an unknown key of an executor', workflowWith('- p').replace(`ex: {${d}}`, `ex: {${d}, foo: 1}`)],
]

it.each(accepted)('section %s: %s is accepted', (_section, _what, source) => {
  expect(errorsOf(source)).toEqual([])
})

it.each(refused)('section %s: %s is refused', (_section, _what, source) => {
  expect(errorsOf(source)).not.toEqual([])
})
