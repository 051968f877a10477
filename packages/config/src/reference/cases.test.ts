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

const resourceClass = 'flags a resource class: to the compiler every class is fine, the scheduler knows which exist'
const privateOrb = 'imports an orb the editor cannot see and therefore does not judge'

/** Editor cases that a compiler must judge otherwise. */
const otherwise: Readonly<Record<string, string>> = {
  'executor/TestExecutorValidation/Ignore-workflow-s-jobs-that-are-come-from-uncheckable-orbs.yml': privateOrb,
  'job_invocation/TestJobInvocationType/Ignore-workflow-s-jobs-that-are-come-from-uncheckable-orbs.yml': privateOrb,
  'steps/TestStepsValidation/Ignore-workflow-s-jobs-that-are-come-from-uncheckable-orbs.yml': privateOrb,
  'executor/TestExecutorValidation/flag-resource-class-error.yml': resourceClass,
  'orb/TestOrbValidation/Local-mac-orb-executor-should-give-well-located-errors.yml': resourceClass,
  'executor/TestMachineExecutor/machine-true.yml': 'is indented with tabs, which YAML forbids',
  'orb/TestOrbValidation/Local-orb-with-job.yml': "has the version '2.1,'",
  'job_invocation/TestJobInvocationRequiresNonExistentRef/Requires-with-matrix-partial-reference-is-allowed.yml':
    'uses a matrix value in an entry without a matrix',
  'jobs/TestJobTypeValidation/TestJobTypeValidation.yml': 'lists diagnostics of several texts, of which one is kept',
  'job_invocation/TestTerminalJobStatusesHint/Mix-of-terminal-and-non-terminal-statuses-no-hint.yml':
    'requires an unknown status',
}

/** Editor cases are often fragments: what makes a whole file is not asked of them. */
function isFragmentError({ code, message }: { code: string; message: string }): boolean {
  return code === 'no-build-job' || message.startsWith('required key [version] not found')
}

const goCases = referenceFiles('cases/language-server/go-inline')

it(hasReference ? 'finds the official cases' : 'leaves out the official cases: the reference folder is absent', () => {
  expect(goCases.length > 0).toBe(hasReference)
})

describe.runIf(hasReference)('the official cases', () => {
  const orbs = orbSource(referenceOrbs())
  const errorsOf = (path: string) =>
    compile(readReference(path), { pipelineValues, orbs }).diagnostics.filter(({ severity }) => severity === 'error')

  it.each(goCases)('are accepted or rejected as the language server does: %s', (file) => {
    const path = `cases/language-server/go-inline/${file}`
    const expected = expectsErrors(readReference(path.replace(/\.yml$/, '.expected.json')))

    const errors = errorsOf(path)

    const judged = errors.filter((error) => !isFragmentError(error))
    expect(judged.length > 0, JSON.stringify(judged.slice(0, 3))).toBe(expected !== file in otherwise)
  })

  it.each([
    ['invalid_checkout_method.yml', true],
    ['invalid_checkout_method_shallow.yml', true],
    ['valid_checkout_method.yml', false],
    ['valid_checkout_method_shallow.yml', false],
    ['correct_param_type.yml', false],
    ['wrong_param_type.yml', true],
    ['wrong_param_type_boolean.yml', true],
    ['wrong_param_type_integer.yml', true],
  ])('of the validators are judged alike: %s rejected %s', (file, rejected) => {
    expect(errorsOf(`cases/language-server/validate-testdata/${file}`).length > 0).toBe(rejected)
  })

  it.each(referenceFiles('cases/realitycheck'))('of realitycheck compile: %s', (file) => {
    expect(errorsOf(`cases/realitycheck/${file}`)).toEqual([])
  })
})

function expectsErrors(text: string): boolean {
  const expected: { expect_errors?: boolean; diagnostics?: { severity: string }[]; go_asserts?: string[] } =
    JSON.parse(text)
  if (expected.expect_errors !== undefined) return expected.expect_errors
  if (expected.diagnostics !== undefined) return expected.diagnostics.some(({ severity }) => severity === 'error')
  return expected.go_asserts?.some((line) => /expectError: *true/.test(line)) ?? false
}
