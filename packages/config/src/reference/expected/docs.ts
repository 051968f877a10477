import type { Expected } from './expected.ts'

/** Examples of the official documentation that are no whole configs, or wrong. */
export const wrongExamples: Readonly<Record<string, Expected>> = {
  'expression-examples/job-filters/multiple-or.yml': {
    codes: ['yaml-syntax'],
    why: "writes '...' for what it leaves out, which ends a document",
  },
  'expression-examples/workflow-when/and-equal-dynamic.yml': {
    codes: ['version'],
    why: 'shows the part of a config it is about',
  },
  'expression-examples/workflow-when/boolean-complex.yml': {
    codes: ['version'],
    why: 'shows the part of a config it is about',
  },
  'expression-examples/workflow-when/exclude-branch-dynamic.yml': {
    codes: ['version'],
    why: 'shows the part of a config it is about',
  },
  'expression-examples/workflow-when/or-equal-dynamic.yml': {
    codes: ['version'],
    why: 'shows the part of a config it is about',
  },
  'expression-examples/workflow-when/pr-synced-or-labeled.yml': {
    codes: ['version'],
    why: 'shows the part of a config it is about',
  },
  'logic-statement-examples/step-when/when-step-nested.yml': {
    codes: ['no-build-job'],
    why: 'has neither workflows nor a job build',
  },
  'logic-statement-examples/workflow-when/and-matches-legacy.yml': {
    codes: ['version'],
    why: 'shows the part of a config it is about',
  },
  'logic-statement-examples/workflow-when/and-multiple-legacy.yml': {
    codes: ['version'],
    why: 'shows the part of a config it is about',
  },
  'logic-statement-examples/workflow-when/exclude-branch-legacy.yml': {
    codes: ['version'],
    why: 'shows the part of a config it is about',
  },
  'logic-statement-examples/workflow-when/matches-pattern-legacy.yml': {
    codes: ['version'],
    why: 'shows the part of a config it is about',
  },
  'logic-statement-examples/workflow-when/or-equal-legacy.yml': {
    codes: ['version'],
    why: 'shows the part of a config it is about',
  },
  'orchestration-examples/job-group-multiple-invocations.yml': {
    codes: ['version'],
    why: 'shows the part of a config it is about',
  },
  'orchestration-examples/job-group-with-serial-group.yml': {
    codes: ['version'],
    why: 'shows the part of a config it is about',
  },
  'orchestration-examples/job-group.yml': { codes: ['version'], why: 'shows the part of a config it is about' },
  'orchestration-examples/override-with.yml': {
    codes: ['expected-type', 'unknown-variable'],
    why: 'has a placeholder for an address, and a list as workflows',
  },
  'orchestration-examples/serial-group.yml': { codes: ['version'], why: 'shows the part of a config it is about' },
}

/** Snippets of the official documentation that are wrong, or leave more to the reader than workflows. */
export const wrongSnippets: Readonly<Record<string, Expected>> = {
  'android-machine-image/05.yml': { codes: ['orb-reference'], why: 'leaves the version of the orb to the reader' },
  'authorize-google-cloud-sdk/01-fragment.yml': { codes: ['missing-key'], why: 'leaves steps to the reader' },
  'authorize-google-cloud-sdk/02-fragment.yml': { codes: ['missing-key'], why: 'leaves steps to the reader' },
  'automatic-reruns/03.yml': { codes: ['unknown-job'], why: 'leaves jobs to the reader' },
  'config-policy-management-overview/03-fragment.yml': {
    codes: ['orb-reference'],
    why: 'imports an orb without a version, as an example of an evil one',
  },
  'configuration-reference/01.yml': { codes: ['orb-reference'], why: 'leaves the version of the orb to the reader' },
  'configuration-reference/05-fragment.yml': {
    codes: ['expected-type'],
    why: 'has nothing but a comment where something is left out',
  },
  'configuration-reference/07.yml': { codes: ['missing-key'], why: 'leaves steps to the reader' },
  'configuration-reference/08.yml': { codes: ['missing-key'], why: 'leaves steps to the reader' },
  'configuration-reference/17.yml': { codes: ['unknown-job'], why: 'leaves jobs to the reader' },
  'configure-deploy-markers/01.yml': { codes: ['unknown-executor'], why: 'leaves executors to the reader' },
  'container-runner/01.yml': { codes: ['unknown-command'], why: "writes '...' for steps" },
  'contexts/02.yml': { codes: ['unknown-job'], why: 'leaves jobs to the reader' },
  'create-an-inline-orb/01.yml': { codes: ['unknown-job'], why: 'leaves what the orb holds to the reader' },
  'custom-images/01.yml': { codes: ['missing-key'], why: 'leaves steps to the reader' },
  'databases/03.yml': { codes: ['missing-key'], why: 'leaves steps to the reader' },
  'deploy-over-ssh/01.yml': { codes: ['expected-type'], why: 'has nothing but a comment where something is left out' },
  'deploy-to-capistrano/01.yml': { codes: ['unknown-job'], why: 'leaves jobs to the reader' },
  'deploy-to-firebase/01.yml': {
    codes: ['expected-type'],
    why: 'has nothing but a comment where something is left out',
  },
  'deploy-to-google-cloud-platform/01.yml': {
    codes: ['orb-reference'],
    why: 'leaves the version of the orb to the reader',
  },
  'deploy-to-google-cloud-platform/02.yml': { codes: ['unknown-job'], why: 'leaves jobs to the reader' },
  'deploy-to-heroku/01.yml': { codes: ['orb-reference'], why: 'leaves the version of the orb to the reader' },
  'deployment-overview/01.yml': { codes: ['orb-reference'], why: 'leaves the version of the orb to the reader' },
  'ecs-ecr/01.yml': { codes: ['orb-reference'], why: 'leaves the version of the orb to the reader' },
  'ecs-ecr/02.yml': { codes: ['orb-reference'], why: 'leaves the version of the orb to the reader' },
  'env-vars/04.yml': { codes: ['executor-choice', 'missing-key'], why: 'leaves executor and steps to the reader' },
  'introduction-to-yaml-configurations/01.yml': { codes: ['missing-key'], why: 'leaves steps to the reader' },
  'introduction-to-yaml-configurations/02.yml': { codes: ['missing-key'], why: 'leaves steps to the reader' },
  'jobs-steps/01-fragment.yml': {
    codes: ['expected-type'],
    why: 'has nothing but a comment where something is left out',
  },
  'jobs-steps/02.yml': { codes: ['unknown-job'], why: 'leaves jobs to the reader' },
  'jobs-steps/03.yml': { codes: ['orb-reference'], why: 'writes a colon before the version of an orb' },
  'migrating-from-aws/01.yml': { codes: ['expected-type'], why: "has 'jobs' right below 'workflows'" },
  'migrating-from-teamcity/02.yml': { codes: ['unknown-job'], why: 'leaves jobs to the reader' },
  'openid-connect-tokens/02.yml': { codes: ['step-shape'], why: "an indentation slip puts keys beside 'run'" },
  'orb-concepts/02.yml': { codes: ['orb-reference'], why: 'has placeholders for the names of an orb' },
  'orb-intro/02-fragment.yml': { codes: ['orb-reference'], why: 'has placeholders for the names of an orb' },
  'orb-intro/03-fragment.yml': { codes: ['orb-reference'], why: 'leaves the version of the orb to the reader' },
  'orb-intro/06.yml': { codes: ['orb-reference'], why: 'leaves the version of the orb to the reader' },
  'pipeline-variables/03.yml': {
    codes: ['undeclared-parameter'],
    why: 'gives an argument by a parameter that a workflow has not',
  },
  'pipelines-troubleshoot-snip/01.yml': { codes: ['missing-key'], why: 'leaves steps to the reader' },
  'postgres-config/02.yml': { codes: ['step-shape'], why: "an indentation slip puts keys beside 'run'" },
  'private-images/03.yml': { codes: ['missing-key'], why: 'leaves steps to the reader' },
  'reusing-config/05-fragment.yml': { codes: ['missing-key'], why: 'leaves steps to the reader' },
  'reusing-config/06-fragment.yml': {
    codes: ['missing-key', 'parameter-default'],
    why: 'shows a default that its enum does not have',
  },
  'reusing-config/21-fragment.yml': { codes: ['missing-key'], why: 'leaves steps to the reader' },
  'reusing-config/27.yml': { codes: ['missing-key'], why: 'leaves steps to the reader' },
  'reusing-config/30.yml': { codes: ['unknown-job'], why: 'leaves jobs to the reader' },
  'set-environment-variable/03.yml': { codes: ['missing-key'], why: 'leaves steps to the reader' },
  'set-environment-variable/06.yml': { codes: ['missing-key'], why: 'leaves steps to the reader' },
  'set-environment-variable/07.yml': { codes: ['missing-key'], why: 'leaves steps to the reader' },
  'set-up-release-validation-manually/01.yml': { codes: ['unknown-executor'], why: 'leaves executors to the reader' },
  'set-up-test-impact-analysis/01.yml': {
    codes: ['unknown-command', 'unknown-executor'],
    why: 'leaves executors to the reader',
  },
  'set-up-test-impact-analysis/02.yml': {
    codes: ['unknown-command', 'unknown-executor'],
    why: 'leaves executors to the reader',
  },
  'testing-macos/01.yml': { codes: ['orb-reference'], why: 'names the orb without a version' },
  'testing-macos/02-fragment.yml': { codes: ['orb-reference'], why: 'names the orb without a version' },
  'testing-macos/03-fragment.yml': { codes: ['orb-reference'], why: 'names the orb without a version' },
  'testing-macos/04-fragment.yml': { codes: ['orb-reference'], why: 'names the orb without a version' },
  'testing-macos/05-fragment.yml': { codes: ['orb-reference'], why: 'names the orb without a version' },
  'testing-macos/06-fragment.yml': { codes: ['orb-reference'], why: 'names the orb without a version' },
  'using-branch-filters/01.yml': { codes: ['unknown-job'], why: 'leaves jobs to the reader' },
  'using-branch-filters/02.yml': { codes: ['unknown-job'], why: 'leaves jobs to the reader' },
  'using-dynamic-configuration/08.yml': { codes: ['unknown-job'], why: 'leaves jobs to the reader' },
  'using-dynamic-configuration/09.yml': { codes: ['unknown-job'], why: 'leaves jobs to the reader' },
  'using-linuxvm/01-fragment.yml': { codes: ['missing-key'], why: 'leaves steps to the reader' },
  'using-linuxvm/02-fragment.yml': { codes: ['missing-key'], why: 'leaves steps to the reader' },
  'using-linuxvm/03-fragment.yml': { codes: ['missing-key'], why: 'leaves steps to the reader' },
  'using-shell-scripts/01.yml': {
    codes: ['orb-reference', 'unknown-job'],
    why: 'leaves the version of the orb to the reader',
  },
  'using-shell-scripts/02.yml': { codes: ['unknown-job'], why: 'leaves jobs to the reader' },
}
