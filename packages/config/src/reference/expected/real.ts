import type { Expected } from './expected.ts'

/** Configs that are wrong as they stand in their repository. */
export const wrongConfigs: Readonly<Record<string, Expected>> = {
  'CircleCI-Archived__artifactory-orb@2018-09-24-831a6cc.yml': {
    codes: ['missing-key'],
    why: "writes 'unless' where 'when' needs 'condition'",
  },
  'CircleCI-Public__android-orb@2019-02-21-7702df3.yml': { codes: ['expected-type'], why: 'a workflow is a list' },
  'CircleCI-Public__aws-cli-orb@2018-11-07-c6b0835.yml': {
    codes: ['unknown-command'],
    why: 'uses elements of an orb version that is not in the reference',
  },
  'CircleCI-Public__continuation-orb@2021-01-19-b1e9594.yml': {
    codes: ['orb-reference'],
    why: 'a template of a file, with placeholders for names',
  },
  'CircleCI-Public__orb-tools-orb@2018-10-06-6799b8d.yml': {
    codes: ['unknown-job'],
    why: 'uses elements of an orb version that is not in the reference',
  },
  'CircleCI-Public__path-filtering-orb@2021-01-20-b13faaf.yml': {
    codes: ['orb-reference'],
    why: 'a template of a file, with placeholders for names',
  },
  'artsy__eigen.yml': {
    codes: ['expected-type'],
    why: "an indentation slip puts 'filters' beside the job instead of below it",
  },
  'circleci__realitycheck@2017-07-28-7c98a6e.yml': {
    codes: ['expected-type'],
    why: "'docker' is a map; the next commit repairs it",
  },
  'cypress-io__circleci-orb.test-deploy.yml': {
    codes: ['unknown-orb'],
    why: 'the orb under test is put in by another job before this file is used',
  },
  'influxdata__telegraf@2019-05-29-f9c1b99.yml': {
    codes: ['requires', 'unknown-job'],
    why: 'runs and requires jobs that are not there',
  },
  'uraway__circleci-sample@2019-09-15-e82b3f3.yml': { codes: ['requires'], why: 'requires a job that is not there' },
  'uraway__circleci-sample@2020-02-20-4c75338.yml': { codes: ['unknown-key'], why: "has 'name' in a workflow" },
  'uraway__circleci-sample@2020-05-30-6608666.yml': { codes: ['logic'], why: "gives 'not' a list" },
}
