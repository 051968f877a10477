import type { Expected } from './expected.ts'

/** Editor cases that a compiler must judge otherwise. */
export const judgedOtherwise: Readonly<Record<string, Expected>> = {
  'executor/TestExecutorValidation/Ignore-workflow-s-jobs-that-are-come-from-uncheckable-orbs.yml': {
    codes: ['orb-not-found'],
    why: 'imports an orb the editor cannot see and therefore does not judge',
  },
  'executor/TestExecutorValidation/flag-resource-class-error.yml': {
    codes: [],
    why: 'flags a resource class: to the compiler every class is fine, the scheduler knows which exist',
  },
  'executor/TestMachineExecutor/machine-true.yml': {
    codes: ['yaml-syntax'],
    why: 'is indented with tabs, which YAML forbids',
  },
  'job_invocation/TestJobInvocationRequiresNonExistentRef/Requires-with-matrix-partial-reference-is-allowed.yml': {
    codes: ['unknown-variable'],
    why: 'uses a matrix value in an entry without a matrix',
  },
  'job_invocation/TestJobInvocationType/Ignore-workflow-s-jobs-that-are-come-from-uncheckable-orbs.yml': {
    codes: ['orb-not-found'],
    why: 'imports an orb the editor cannot see and therefore does not judge',
  },
  'job_invocation/TestTerminalJobStatusesHint/Mix-of-terminal-and-non-terminal-statuses-no-hint.yml': {
    codes: ['requires'],
    why: 'requires an unknown status',
  },
  'jobs/TestJobTypeValidation/TestJobTypeValidation.yml': {
    codes: [],
    why: 'lists diagnostics of several texts, of which one is kept',
  },
  'orb/TestOrbValidation/Local-mac-orb-executor-should-give-well-located-errors.yml': {
    codes: [],
    why: 'flags a resource class: to the compiler every class is fine, the scheduler knows which exist',
  },
  'orb/TestOrbValidation/Local-orb-with-job.yml': { codes: ['version'], why: "has the version '2.1,'" },
  'steps/TestStepsValidation/Ignore-workflow-s-jobs-that-are-come-from-uncheckable-orbs.yml': {
    codes: ['orb-not-found'],
    why: 'imports an orb the editor cannot see and therefore does not judge',
  },
  'orb/TestOrbValidation/Local-orb-step-should-give-well-located-errors.yml': {
    codes: ['orb-not-found'],
    why: 'is wrong in what nothing uses; refused only for another orb, which is not in the reference',
  },
}
