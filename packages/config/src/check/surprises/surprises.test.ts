import { describe, expect, it } from 'vitest'
import type { CompileOptions } from '../../compile.ts'
import { compileText, withSteps } from '../../testing/compile-text.ts'

const body = 'docker: [{image: a}], steps: [checkout]'
const workflow = (entries: string) =>
  `version: 2.1\njobs: {a: {${body}}, b: {${body}}}\nworkflows:\n  w:\n    jobs:\n${entries.replaceAll(/^/gm, '      ')}`
const tags = 'filters: {tags: {only: /v.*/}}'

function warnings(source: string, options: Partial<CompileOptions> = {}): readonly string[] {
  const { plan, diagnostics } = compileText(source, options)
  expect(plan).toBeDefined()
  return diagnostics.map(({ code, message, hint }) => `${code}: ${message} (${hint})`)
}

describe('a warning is given of', () => {
  it('a tag filter that is missing upstream, with what comes of it', () => {
    expect(warnings(workflow(`- a\n- b: {requires: [a], ${tags}}`))).toEqual([
      expect.stringMatching(
        /^tag-filter: 'b' has a tag filter, but 'a', which it requires, has none: .* will not run /,
      ),
    ])
    expect(warnings(workflow(`- a: {${tags}}\n- b: {requires: [a], ${tags}}`))).toEqual([])
    expect(warnings(workflow('- a\n- b: {requires: [a], filters: {branches: {only: main}}}'))).toEqual([])
  })

  it('a step that this installation cannot carry out', () => {
    const steps = ['setup_remote_docker', 'setup_remote_docker: {version: default}', 'install_signing_bundle']
    for (const step of steps)
      expect(warnings(withSteps(`- ${step}`))).toEqual([
        expect.stringMatching(/^unsupported: The step '\w+' is accepted but cannot be carried out here; the job will/),
      ])
  })

  it('a cache key that never changes', () => {
    const save = (key: string) => withSteps(`- save_cache: {key: '${key}', paths: [a]}`)

    expect(warnings(save('deps-v1'))).toEqual([expect.stringMatching(/^constant-cache-key: .*'deps-v1' never changes/)])
    expect(warnings(save('deps-{{ checksum "x" }}'))).toEqual([])
  })

  it('a context nobody can use', () => {
    expect(warnings(workflow('- a: {context: [deploi]}'), { contexts: ['deploy'] })).toEqual([
      expect.stringMatching(/^context: There is no context 'deploi' .*Did you mean 'deploy'\?\)$/),
    ])
    expect(warnings(workflow('- a: {context: [deploi]}'))).toEqual([])
    expect(warnings(workflow('- h: {type: approval, context: [deploy]}'))).toEqual([
      expect.stringMatching(/^context: 'h' is of type approval/),
    ])
  })

  it('an orb whose version may change under the config', () => {
    const orbs = {
      resolve: () => ({ source: `version: 2.1\njobs: {j: {${body}}}`, resolved: 'x/y@1.2.3', digest: '' }),
    }
    const source = (version: string) => `version: 2.1\norbs: {o: x/y@${version}}\nworkflows: {w: {jobs: [o/j]}}`

    expect(warnings(source('volatile'), { orbs })).toEqual([
      expect.stringMatching(/^unpinned-orb: .*today it is x\/y@1/),
    ])
    expect(warnings(source('dev:foo'), { orbs })).toEqual([
      "unpinned-orb: 'x/y@dev:foo' is a development version, which may be published anew with other content, and expires (Name a version: 1.2.3, or 1.2 or 1 to take its newest)",
    ])
    expect(warnings(source('1.2'), { orbs })).toEqual([])
  })

  it('keys that are accepted and not honoured, once each', () => {
    const source = `version: 2.1
jobs:
  a: {${body}, circleci_ip_ranges: true, parameters: {v: {type: string}}}
workflows: {w: {jobs: [{a: {matrix: {parameters: {v: ["1", "2"]}}}}]}}`

    expect(warnings(source)).toEqual([expect.stringMatching(/^unsupported: 'circleci_ip_ranges' has no effect/)])
  })
})
