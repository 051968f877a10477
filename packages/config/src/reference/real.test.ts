import { describe, expect, it } from 'vitest'
import { compile } from '../compile.ts'
import {
  hasReference,
  orbSource,
  pipelineValues,
  readReference,
  referenceFiles,
  referenceOrbs,
} from './reference-folder.ts'

const injected = 'the orb under test is put in by another job before this file is used'
const placeholder = 'a template of a file, with placeholders for names'
const otherVersion = 'uses elements of an orb version that is not in the reference'

/** Files that are wrong as they stand; the reason stands behind each. */
const wrong: Readonly<Record<string, string>> = {
  'CircleCI-Archived__artifactory-orb@2018-09-24-831a6cc.yml': "writes 'unless' where 'when' needs 'condition'",
  'CircleCI-Public__android-orb@2019-02-21-7702df3.yml': 'a workflow is a list',
  'CircleCI-Public__aws-cli-orb@2018-11-07-c6b0835.yml': otherVersion,
  'CircleCI-Public__continuation-orb@2021-01-19-b1e9594.yml': placeholder,
  'CircleCI-Public__orb-tools-orb@2018-10-06-6799b8d.yml': otherVersion,
  'CircleCI-Public__path-filtering-orb@2021-01-20-b13faaf.yml': placeholder,
  'artsy__eigen.yml': "an indentation slip puts 'filters' beside the job instead of below it",
  'circleci__realitycheck@2017-07-28-7c98a6e.yml': "'docker' is a map; the next commit repairs it",
  'cypress-io__circleci-orb.test-deploy.yml': injected,
  'influxdata__telegraf@2019-05-29-f9c1b99.yml': 'runs and requires jobs that are not there',
  'uraway__circleci-sample@2019-09-15-e82b3f3.yml': 'requires a job that is not there',
  'uraway__circleci-sample@2020-02-20-4c75338.yml': "has 'name' in a workflow",
  'uraway__circleci-sample@2020-05-30-6608666.yml': "gives 'not' a list",
}

const files = referenceFiles('real')

it(hasReference ? 'finds the real configs' : 'leaves out the real configs: the reference folder is absent', () => {
  expect(files.length > 0).toBe(hasReference)
})

describe.runIf(hasReference)('configs of public repositories compile; only orbs may be missing', () => {
  const orbs = orbSource(referenceOrbs())

  it.each(files)('%s', (file) => {
    const result = compile(readReference(`real/${file}`), { file, pipelineValues, orbs })

    const errors = result.diagnostics.filter(({ severity }) => severity === 'error')
    const others = errors.filter(({ code }) => code !== 'orb-not-found')
    expect(others.length > 0, JSON.stringify(others.slice(0, 3))).toBe(file in wrong)
    expect(result.plan === undefined).toBe(errors.length > 0)
  })

  it('compiles a good part of them to a plan', () => {
    const plans = files.filter(
      (file) => compile(readReference(`real/${file}`), { pipelineValues, orbs }).plan !== undefined,
    )

    expect(plans.length).toBeGreaterThan(files.length / 3)
  })
})
