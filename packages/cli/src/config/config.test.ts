import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { rondo } from '@rondo/testkit'
import { beforeEach, expect, test } from 'vitest'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rondo-config-'))
  write({
    'orbs/acme/tool@1.0.0.yml': says('one'),
    'orbs/acme/tool@1.2.0.yml': says('two'),
    'orbs/acme/tool/2.0.0.yml': says('three'),
  })
  return () => rmSync(folder, { recursive: true, force: true })
})

const says = (text: string) => `version: 2.1\ncommands:\n  say:\n    steps:\n      - run: echo ${text}\n`
const config = (version: string) => `version: 2.1
orbs: { tool: acme/tool@${version} }
parameters: { what: { type: string, default: hi } }
jobs: { build: { docker: [{ image: a }], steps: [tool/say, run: echo << pipeline.parameters.what >>] } }
`

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true })
    writeFileSync(join(folder, name), text)
  }
}

test('a config is compiled without any server, with orbs out of a folder and parameters given [I-030]', async () => {
  write({ '.circleci/config.yml': config('1') })

  const ended = await rondo(['config', 'process', '--orbs', 'orbs', '--pipeline-parameters', '{what: there}'], {
    cwd: folder,
  })

  expect(ended).toMatchObject({ code: 0, err: '' })
  expect(ended.out).toContain("# Orb 'acme/tool@1' resolved to 'acme/tool@1.2.0'")
  expect(ended.out).toContain('command: echo two')
  expect(ended.out).toContain('command: echo there')
})

test('programs read the standard input and JSON, and the exit code', async () => {
  const args = ['config', 'process', '-', '--orbs', 'orbs', '--json']

  const good = await rondo(args, { cwd: folder, stdin: config('2') })
  const wrong = await rondo(args, { cwd: folder, stdin: config('3').replace('tool/say', 'tool/sya') })

  expect(good.code).toBe(0)
  expect(JSON.parse(good.out)).toMatchObject({
    valid: true,
    orbs: [{ reference: 'acme/tool@2', resolved: 'acme/tool@2.0.0' }],
    problems: [],
  })
  expect(wrong).toMatchObject({ code: 1, err: '' })
  expect(JSON.parse(wrong.out)).toMatchObject({
    valid: false,
    output: null,
    problems: [
      {
        code: 'orb-not-found',
        severity: 'error',
        message: 'Cannot find acme/tool@3 in the folder orbs',
        hint: 'There are 1.0.0, 1.2.0, 2.0.0 of it',
        file: '-',
        line: 2,
        column: 15,
      },
    ],
  })
})

test('problems for programs have both ends of their place and how they came about', async () => {
  const text = 'version: 2.1\njobs: {build: {docker: [{image: a}], steps: [chekout]}}\n'

  const { out } = await rondo(['config', 'validate', '--json', '-'], { cwd: folder, stdin: text })

  expect(JSON.parse(out).problems).toEqual([
    expect.objectContaining({
      line: 2,
      column: 46,
      end: { line: 2, column: 53 },
      chain: [
        { kind: 'workflow', name: 'workflow', file: '-', line: 2, column: 8 },
        { kind: 'job', name: 'build', file: '-', line: 2, column: 8 },
      ],
    }),
  ])
})

test('problems inside of an orb have their places there, and those of the calls that led to them', async () => {
  write({ 'orbs/acme/bad@1.0.0.yml': says('x').replace('run: echo x', 'nosuch') })

  const args = ['config', 'validate', '--json', '-', '--orbs', 'orbs']
  const { out } = await rondo(args, { cwd: folder, stdin: config('1').replace('acme/tool', 'acme/bad') })

  expect(JSON.parse(out).problems).toMatchObject([
    {
      code: 'unknown-command',
      file: 'acme/bad@1.0.0',
      line: 5,
      column: 9,
      end: { line: 5, column: 15 },
      chain: [{}, {}, { kind: 'command', name: 'tool/say', file: '-', line: 4, column: 50 }],
    },
  ])
})

test('the config is named as the official program takes it, and a path goes before it', async () => {
  write({
    'good.yml': config('1')
      .replace(/^orbs.*\n/m, '')
      .replace('tool/say, ', ''),
    'bad.yml': 'version: 3',
  })

  for (const args of [
    ['-c', 'good.yml'],
    ['--config', 'good.yml'],
    ['-c', 'bad.yml', 'good.yml'],
  ])
    expect(await rondo(['config', 'validate', ...args], { cwd: folder })).toMatchObject({
      code: 0,
      out: 'Config file at good.yml is valid.\n',
    })
})

test('explain tells where each job and step comes from, through orbs too', async () => {
  write({ 'config.yml': config('1') })

  const text = await rondo(['config', 'explain', 'config.yml', '--orbs', 'orbs'], { cwd: folder })
  const json = await rondo(['config', 'explain', 'config.yml', '--orbs', 'orbs', '--json'], { cwd: folder })

  expect(text).toMatchObject({ code: 0, err: '' })
  expect(text.out).toContain('workflow workflow  config.yml:4:')
  expect(text.out).toContain('1 echo two  acme/tool@1.2.0:5:9\n         in command tool/say, called at config.yml:4:')
  expect(text.out).toMatch(/\n {7}image \S+ {2}config\.yml:\d+:\d+\n/)
  expect(JSON.parse(json.out)).toMatchObject({
    workflows: [{ jobs: [{ name: 'build', steps: [{ place: { file: 'acme/tool@1.2.0', line: 5 } }, {}] }] }],
    problems: [],
  })
})

test('a config is compiled for the branch that is checked out, found from any folder of the working copy [I-030]', async () => {
  write({
    '.circleci/config.yml': `version: 2.1
jobs: { build: { docker: [{ image: a }], steps: [run: echo << pipeline.git.branch >>] } }
workflows:
  main: { when: { equal: [topic, << pipeline.git.branch >>] }, jobs: [build] }
`,
    'src/deep/a.txt': '',
  })
  execFileSync('git', ['init', '--quiet', '--initial-branch=topic'], { cwd: folder })
  const cwd = join(folder, 'src/deep')

  const here = await rondo(['config', 'process'], { cwd })
  const elsewhere = await rondo(['config', 'validate', '--branch', 'main'], { cwd })
  const explained = await rondo(['config', 'explain', '--tag', 'v1', '--value', 'git.branch=topic'], { cwd })

  expect(here).toMatchObject({ code: 0, out: expect.stringContaining('command: echo topic'), err: '' })
  expect(here.out.endsWith('\n')).toBe(true)
  expect(elsewhere).toMatchObject({
    code: 0,
    out: expect.stringMatching(
      /^Config file at \.\.\/\.\.\/\.circleci\/config\.yml is valid\.\nNo workflow of it runs on branch main\. /,
    ),
  })
  expect(explained.out).toMatch(/^As on tag v1\n\nworkflow main /)
})

test('without a server and a folder, a config with orbs says what to do', async () => {
  write({ 'config.yml': config('1') })

  expect(await rondo(['config', 'validate', 'config.yml'], { cwd: folder })).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringContaining('Start one with `rondo up`, or name another with --host'),
  })
})

test.each([
  [['config', 'validate'], 'There is no .circleci/config.yml here. Name the config'],
  [['config', 'validate', 'none.yml'], 'none.yml cannot be read: there is no such file.'],
  [['config', 'validate', 'orbs'], 'orbs cannot be read: it is a folder.'],
  [['config', 'validate', '--orbs', 'none', 'orbs/acme/tool@1.0.0.yml'], 'There is no folder none'],
  [['config', 'process', '--pipeline-parameters', '[1]', 'orbs/acme/tool@1.0.0.yml'], 'cannot be read'],
  [['config', 'pack', 'none'], 'There is no folder none'],
  [
    ['config', 'process', '--orbs', 'orbs/acme/tool@1.0.0.yml', 'orbs/acme/tool@1.0.0.yml'],
    'orbs/acme/tool@1.0.0.yml is a file, and a folder is needed here. Name the folder whose files are orbs',
  ],
  [['config', 'pack', 'orbs/acme/tool@1.0.0.yml'], 'is a file, and a folder is needed here. A single file needs no'],
  [['orb', 'pack', 'orbs/acme/tool@1.0.0.yml'], 'is a file, and a folder is needed here. Name the folder that holds'],
  [['config', 'shake'], 'There is no command "rondo config shake"'],
])('%j is a wrong call', async (args, words) => {
  expect(await rondo(args, { cwd: folder })).toMatchObject({ code: 2, out: '', err: expect.stringContaining(words) })
})

test('orbs of a folder are listed, shown and compared without any server', async () => {
  write({ 'orbs/other/beta@dev:first.yml': says('four') })
  const orb = (...args: string[]) => rondo(['orb', ...args, '--orbs', 'orbs'], { cwd: folder })

  expect(await orb('list')).toMatchObject({ code: 0, out: 'acme/tool@2.0.0\nother/beta@(nothing published)\n' })
  expect(await orb('list', 'acme')).toMatchObject({ code: 0, out: 'acme/tool@2.0.0\n' })
  expect(await orb('list', 'none')).toMatchObject({ code: 1, err: expect.stringContaining('no orb of namespace none') })
  expect(await orb('source', 'acme/tool')).toMatchObject({ code: 0, out: says('three') })
  expect(await orb('source', 'acme/tool@1.0')).toMatchObject({ code: 0, out: says('one') })
  expect(await orb('source', 'acme/tool@3')).toMatchObject({
    code: 1,
    err: expect.stringContaining('Cannot find acme/tool@3 in the folder orbs. There are 1.0.0, 1.2.0, 2.0.0 of it.'),
  })
  const diff = await orb('diff', 'acme/tool@1.0.0', 'acme/tool@1.2.0')
  expect(diff.code).toBe(1)
  expect(diff.out).toContain('+      - run: echo two')
})

test('a folder is packed into one config, and every file that cannot be read is shown', async () => {
  write({
    'good/@config.yml': 'version: 2.1\n',
    'good/jobs/build.yml': 'docker: [{ image: a }]\nsteps: [checkout]\n',
    'bad/a.yml': 'x: [1\n',
    'bad/b/c.yml': 'y: {\n',
  })

  expect(await rondo(['config', 'pack', 'good'], { cwd: folder })).toMatchObject({
    code: 0,
    out: 'jobs:\n  build:\n    docker:\n    - image: a\n    steps:\n    - checkout\nversion: 2.1\n',
  })
  expect(await rondo(['config', 'pack', 'bad'], { cwd: folder })).toMatchObject({
    code: 1,
    out: '',
    err: expect.stringMatching(/a\.yml:\d[\s\S]*b\/c\.yml:\d/),
  })
})
