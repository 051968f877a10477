import type { Expected } from './expected.ts'

/** Usage examples of orbs that are wrong as published. */
export const wrongUsage: Readonly<Record<string, Expected>> = {
  'circleci/android@2.5.0 run-ui-tests-job': {
    codes: ['missing-argument'],
    why: 'gives or misses arguments: older than the orb it stands in',
  },
  'circleci/android@2.5.0 test-matrix': {
    codes: ['missing-argument'],
    why: 'gives or misses arguments: older than the orb it stands in',
  },
  'circleci/android@3.2.0 run_ui_tests_job': {
    codes: ['unexpected-argument'],
    why: 'gives or misses arguments: older than the orb it stands in',
  },
  'circleci/android@3.2.0 test_matrix': {
    codes: ['missing-argument'],
    why: 'gives or misses arguments: older than the orb it stands in',
  },
  'circleci/aws-ecr@9.8.1 build_test_then_push_image': {
    codes: ['undeclared-parameter'],
    why: 'refers to parameters its jobs do not declare',
  },
  'circleci/aws-ecr@9.8.1 remote_docker_caching': {
    codes: ['unexpected-argument'],
    why: 'gives or misses arguments: older than the orb it stands in',
  },
  'circleci/aws-ecr@9.8.1 simple_build_and_push': { codes: ['expected-type'], why: "gives 'docker' a map" },
  'circleci/docker@2.8.2 custom-pull': { codes: ['unknown-job'], why: 'names jobs it leaves to the reader' },
  'circleci/docker@2.8.2 lint-dockerfile': { codes: ['unknown-job'], why: 'names jobs it leaves to the reader' },
  'circleci/docker@4.0.1 custom_pull': { codes: ['unknown-job'], why: 'names jobs it leaves to the reader' },
  'circleci/gcp-cli@0.0.0-git-9948bac simple_install_and_configure': {
    codes: ['unknown-job', 'unknown-key'],
    why: 'puts an executor into a workflow',
  },
  'circleci/gradle@0.0.0-git-1cfb87d custom-reports': {
    codes: ['missing-argument', 'unexpected-argument'],
    why: 'gives or misses arguments: older than the orb it stands in',
  },
  'circleci/gradle@0.0.0-git-1cfb87d custom_executor': {
    codes: ['missing-argument'],
    why: 'gives or misses arguments: older than the orb it stands in',
  },
  'circleci/gradle@0.0.0-git-1cfb87d gradle-workflow': {
    codes: ['missing-argument'],
    why: 'gives or misses arguments: older than the orb it stands in',
  },
  'circleci/mac-ip-allowlist@0.1.0 enable_allow_list': {
    codes: ['parameter-declaration'],
    why: 'declares pipeline parameters without a type',
  },
  'circleci/orb-tools@12.3.1 step2_test-deploy': { codes: ['unknown-orb'], why: 'calls the orb <my-orb>' },
  'circleci/orb-tools@12.4.0 step2_test-deploy': { codes: ['requires'], why: 'calls the orb <my-orb>' },
  'circleci/ruby@1.8.0 ruby_rails_sample_app': {
    codes: ['unexpected-argument'],
    why: 'gives or misses arguments: older than the orb it stands in',
  },
  'circleci/ruby@2.5.4 ruby_rails_sample_app': {
    codes: ['unexpected-argument'],
    why: 'gives or misses arguments: older than the orb it stands in',
  },
  'circleci/slack@4.12.5 on_hold_notification': { codes: ['unknown-job'], why: 'names jobs it leaves to the reader' },
  'circleci/slack@4.12.5 only_notify_on_branch': { codes: ['unknown-job'], why: 'names jobs it leaves to the reader' },
  'circleci/slack@6.1.3 on_hold_notification': { codes: ['unknown-job'], why: 'names jobs it leaves to the reader' },
  'circleci/slack@6.1.3 only_notify_on_branch': { codes: ['unknown-job'], why: 'names jobs it leaves to the reader' },
  'codecov/codecov@3.2.4 basic_upload': { codes: ['unknown-job'], why: 'puts steps into a workflow' },
  'eddiewebb/queue@3.3.2 queue_workflow': { codes: ['unknown-job'], why: 'names jobs it leaves to the reader' },
  'ovotech/telemetry@1.0.1 usage': {
    codes: ['unknown-orb'],
    why: 'uses the orb by another name than it imports it by',
  },
}
