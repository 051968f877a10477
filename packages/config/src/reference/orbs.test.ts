import { describe, expect, it } from 'vitest'
import { compile } from '../compile.ts'
import { defaultLimits } from '../limits.ts'
import { emitYaml } from '../output/emit-yaml.ts'
import { createReport } from '../report.ts'
import { child } from '../tree/node.ts'
import { parseTree } from '../tree/parse.ts'
import { validateOrb } from '../validate-orb.ts'
import type { ReferenceOrb } from './reference-folder.ts'
import { hasReference, orbSource, pipelineValues, referenceOrbs, resolved } from './reference-folder.ts'

const incomplete = 'names jobs it leaves to the reader'
const outdated = 'gives or misses arguments: older than the orb it stands in'

/** Usage examples that are wrong as published. */
const wrong: Readonly<Record<string, string>> = {
  'circleci/android@2.5.0 run-ui-tests-job': outdated,
  'circleci/android@2.5.0 test-matrix': outdated,
  'circleci/android@3.2.0 run_ui_tests_job': outdated,
  'circleci/android@3.2.0 test_matrix': outdated,
  'circleci/aws-ecr@9.8.1 build_test_then_push_image': 'refers to parameters its jobs do not declare',
  'circleci/aws-ecr@9.8.1 remote_docker_caching': outdated,
  'circleci/aws-ecr@9.8.1 simple_build_and_push': "gives 'docker' a map",
  'circleci/docker@2.8.2 custom-pull': incomplete,
  'circleci/docker@2.8.2 lint-dockerfile': incomplete,
  'circleci/docker@4.0.1 custom_pull': incomplete,
  'circleci/docker@4.0.1 lint_dockerfile': incomplete,
  'circleci/gcp-cli@0.0.0-git-9948bac simple_install_and_configure': 'puts an executor into a workflow',
  'circleci/gradle@0.0.0-git-1cfb87d custom-reports': outdated,
  'circleci/gradle@0.0.0-git-1cfb87d custom_executor': outdated,
  'circleci/gradle@0.0.0-git-1cfb87d gradle-workflow': outdated,
  'circleci/mac-ip-allowlist@0.1.0 enable_allow_list': 'declares pipeline parameters without a type',
  'circleci/orb-tools@12.3.1 step2_test-deploy': 'calls the orb <my-orb>',
  'circleci/orb-tools@12.4.0 step2_test-deploy': 'calls the orb <my-orb>',
  'circleci/ruby@1.8.0 ruby_rails_sample_app': outdated,
  'circleci/ruby@2.5.4 ruby_rails_sample_app': outdated,
  'circleci/slack@4.12.5 on_hold_notification': incomplete,
  'circleci/slack@4.12.5 only_notify_on_branch': incomplete,
  'circleci/slack@6.1.3 on_hold_notification': incomplete,
  'circleci/slack@6.1.3 only_notify_on_branch': incomplete,
  'codecov/codecov@3.2.4 basic_upload': 'puts steps into a workflow',
  'eddiewebb/queue@3.3.2 queue_workflow': incomplete,
  'ovotech/telemetry@1.0.1 usage': 'uses the orb by another name than it imports it by',
}

const all = referenceOrbs()

it(hasReference ? 'finds the orbs' : 'leaves out the orbs: the reference folder is absent', () => {
  expect(all.length > 0).toBe(hasReference)
})

describe.runIf(hasReference)('orbs are valid', () => {
  it.each(all.map((orb) => ({ ...orb, title: `${orb.name}@${orb.version}` })))('$title', ({ source, title }) => {
    const errors = validateOrb(source, { file: title, orbs: orbSource(all) }).filter(
      ({ severity }) => severity === 'error',
    )

    expect(errors.filter(({ code }) => code !== 'orb-not-found')).toEqual([])
  })
})

describe.runIf(hasReference)('usage examples of orbs compile', () => {
  it.each(all.flatMap((orb) => examples(orb)))('$title', ({ orb, title, usage }) => {
    const registry = orbSource(all)
    const orbs = {
      resolve: (reference: string) =>
        reference.startsWith(`${orb.name}@`) ? resolved(orb) : registry.resolve(reference),
    }

    const result = compile(usage, { pipelineValues, orbs })

    const errors = result.diagnostics.filter(({ severity }) => severity === 'error')
    const others = errors.filter(({ code }) => code !== 'orb-not-found' && code !== 'no-build-job')
    expect(others.length > 0, JSON.stringify(others.slice(0, 3))).toBe(title in wrong)
  })
})

function examples(orb: ReferenceOrb): readonly { orb: ReferenceOrb; title: string; usage: string }[] {
  const title = `${orb.name}@${orb.version}`
  const tree = parseTree(orb.source, title, defaultLimits, createReport(10))
  const found = child(tree, 'examples')
  if (found?.kind !== 'map') return []
  return [...found.entries.values()].flatMap(({ key, value }) => {
    const usage = child(value, 'usage')
    if (usage === undefined) return []
    // Examples leave the version to the reader: `@x.y`, and once with a colon.
    const text = emitYaml(usage)
      .replaceAll(/@x\.[yz](\.z)?\b/g, '@volatile')
      .replaceAll('circleci/node:4.1', 'circleci/node@4.1')
    return [{ orb, title: `${title} ${key}`, usage: text }]
  })
}
