import type { ConfigDiagnosticCode } from '../../diagnostic-code.ts'

/** Editor cases that are refused, with the codes of what is wrong. */
export const refusedCases: Readonly<Record<string, readonly ConfigDiagnosticCode[]>> = {
  'background_auto_rerun/TestBackgroundAutoRerunValidation/Invalid-auto-rerun-delay-exceeds-maximum-11m.yml': [
    'invalid-value',
  ],
  'background_auto_rerun/TestBackgroundAutoRerunValidation/Invalid-auto-rerun-delay-exceeds-maximum-700s.yml': [
    'invalid-value',
  ],
  'background_auto_rerun/TestBackgroundAutoRerunValidation/Invalid-auto-rerun-delay-with-0-minutes.yml': [
    'invalid-value',
  ],
  'background_auto_rerun/TestBackgroundAutoRerunValidation/Invalid-auto-rerun-delay-with-0-seconds.yml': [
    'invalid-value',
  ],
  'background_auto_rerun/TestBackgroundAutoRerunValidation/Invalid-auto-rerun-delay-with-both-minutes-and-seconds.yml':
    ['invalid-value'],
  'background_auto_rerun/TestBackgroundAutoRerunValidation/Invalid-auto-rerun-delay-with-invalid-format-no-unit.yml': [
    'invalid-value',
  ],
  'background_auto_rerun/TestBackgroundAutoRerunValidation/Invalid-auto-rerun-delay-with-invalid-text.yml': [
    'invalid-value',
  ],
  'background_auto_rerun/TestBackgroundAutoRerunValidation/Invalid-auto-rerun-delay-with-milliseconds.yml': [
    'invalid-value',
  ],
  'background_auto_rerun/TestBackgroundAutoRerunValidation/Invalid-auto-rerun-delay-without-max-auto-reruns.yml': [
    'missing-key',
  ],
  'background_auto_rerun/TestBackgroundAutoRerunValidation/Invalid-background-true-with-auto-rerun-delay.yml': [
    'invalid-value',
    'missing-key',
  ],
  'background_auto_rerun/TestBackgroundAutoRerunValidation/Invalid-background-true-with-max-auto-reruns.yml': [
    'invalid-value',
  ],
  'background_auto_rerun/TestBackgroundAutoRerunValidation/Invalid-max-auto-reruns-above-maximum-6.yml': [
    'invalid-value',
  ],
  'background_auto_rerun/TestBackgroundAutoRerunValidation/Invalid-max-auto-reruns-below-minimum-0.yml': [
    'invalid-value',
  ],
  'job_invocation/TestJobGroupInvocationDisallowedKeys/context-on-job-group-invocation-is-not-allowed.yml': [
    'job-group',
  ],
  'job_invocation/TestJobGroupInvocationDisallowedKeys/custom-parameters-on-job-group-invocation-is-not-allowed.yml': [
    'job-group',
    'missing-argument',
  ],
  'job_invocation/TestJobGroupInvocationDisallowedKeys/matrix-on-job-group-invocation-is-not-allowed.yml': [
    'job-group',
  ],
  'job_invocation/TestJobGroupInvocationDisallowedKeys/multiple-disallowed-keys-on-job-group-invocation-produce-multiple-errors.yml':
    ['job-group'],
  'job_invocation/TestJobGroupInvocationDisallowedKeys/override-with-on-job-group-invocation-is-not-allowed.yml': [
    'job-group',
  ],
  'job_invocation/TestJobGroupInvocationDisallowedKeys/post-steps-on-job-group-invocation-is-not-allowed.yml': [
    'job-group',
  ],
  'job_invocation/TestJobGroupInvocationDisallowedKeys/pre-steps-on-job-group-invocation-is-not-allowed.yml': [
    'job-group',
  ],
  'job_invocation/TestJobGroupInvocationDisallowedKeys/type-on-job-group-invocation-is-not-allowed.yml': ['job-group'],
  'job_invocation/TestJobGroupInvocation_NameAttribute/one-invocation-without-name-one-with-name-is-an-error-the-nameless-one.yml':
    ['job-group'],
  'job_invocation/TestJobGroupInvocation_NameAttribute/same-job-group-invoked-twice-with-same-name-is-an-error.yml': [
    'job-group',
  ],
  'job_invocation/TestJobGroupInvocation_NameAttribute/same-job-group-invoked-twice-without-name-is-an-error-on-both.yml':
    ['job-group'],
  'job_invocation/TestJobInvocationInJobGroupContext/Non-existent-job-in-job-group-produces-error.yml': ['unknown-job'],
  'job_invocation/TestJobInvocationNonExistentJob/Job-invocation-referencing-a-non-existent-job-job-group-produces-an-error-diagno.yml':
    ['unknown-job'],
  'job_invocation/TestJobInvocationNonExistentJob/Job-invocation-referencing-a-non-existent-orb-job-produces-an-error-diagnostic.yml':
    ['unknown-orb'],
  'job_invocation/TestJobInvocationRequiresNonExistentRef/Requires-references-a-job-that-does-not-exist-in-invocations.yml':
    ['requires'],
  'job_invocation/TestJobInvocationType/Invalid-workflow-type.yml': ['job-type'],
  'job_invocation/TestRequiresJobGroupMember_FromDifferentGroup/job-group-member-requires-a-job-from-a-different-group.yml':
    ['requires'],
  'job_invocation/TestRequiresJobGroupMember_FromWorkflow/workflow-job-requires-a-member-of-a-job-group.yml': [
    'requires',
  ],
  'job_invocation/TestValidateDAG/Cycle-between-two-jobs.yml': ['cycle'],
  'job_invocation/TestValidateDAG/Indirect-cycle-three-jobs.yml': ['cycle'],
  'job_invocation/TestValidateSingleJobInvocation_SerialGroups/serial-group-in-job-group-is-not-allowed.yml': [
    'job-group',
  ],
  'jsonschema/Test_HandleYamlError_UnknownAnchor/Test-HandleYamlError-UnknownAnchor.yml': ['yaml-anchor'],
  'jsonschema/Test_JobDefinitionTypes/build-type-missing-steps-should-error.yml': ['missing-key'],
  'jsonschema/Test_JobDefinitionTypes/lock-type-missing-key-should-error.yml': ['missing-key'],
  'jsonschema/Test_JobDefinitionTypes/release-type-missing-plan-name-should-error.yml': ['missing-key'],
  'jsonschema/Test_JobDefinitionTypes/unlock-type-missing-key-should-error.yml': ['missing-key'],
  'orb/TestOrbValidation/Invalid-remote-orb.yml': ['orb-not-found'],
  'parameters/TestJobInvocationMissingRequiredParameter/Missing-required-string-parameter.yml': ['missing-argument'],
  'parameters/TestJobInvocationMissingRequiredParameter/Multiple-params-one-required-missing-one-optional.yml': [
    'missing-argument',
  ],
  'parameters/TestJobInvocationUndefinedParameter/No-parameters-defined-on-job-but-params-passed.yml': [
    'unexpected-argument',
  ],
  'parameters/TestJobInvocationUndefinedParameter/Undefined-parameter-passed-to-job-invocation.yml': [
    'unexpected-argument',
  ],
  'workflow/TestWorkflowMaxAutoReruns/Invalid-max-auto-reruns-string-value.yml': ['invalid-value'],
  'workflow/TestWorkflowMaxAutoReruns/Invalid-max-auto-reruns-value-0-below-minimum.yml': ['invalid-value'],
  'workflow/TestWorkflowMaxAutoReruns/Invalid-max-auto-reruns-value-6-above-maximum.yml': ['invalid-value'],
}
