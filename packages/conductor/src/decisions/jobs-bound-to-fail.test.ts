import { compile } from '@rondo/config'
import { expect, test } from 'vitest'
import { jobsBoundToFail } from './jobs-bound-to-fail.ts'

const source = `version: 2.1
jobs:
  fine: {docker: [{image: debian}], steps: [{run: make}]}
  images: {docker: [{image: debian}], steps: [checkout, setup_remote_docker, {run: docker build .}]}
  sign: {docker: [{image: debian}], steps: [install_signing_bundle]}
workflows:
  main:
    jobs: [fine, images, {sign: {filters: {branches: {only: release}}}}]
  again:
    jobs: [images]
  nightly:
    triggers: [{schedule: {cron: '0 0 * * *', filters: {branches: {only: main}}}}]
    jobs: [{images: {name: at-night}}]
`

function bound(branch: string): readonly string[] {
  const { plan, diagnostics } = compile(source, { pipelineValues: {} })
  if (plan === undefined) throw new Error(JSON.stringify(diagnostics))
  return jobsBoundToFail(plan, { branch, tag: null })
}

test('jobs that would run and cannot pass are told once each, with the step', () => {
  const images = 'The job images will fail at its step setup_remote_docker, which cannot be carried out here.'
  const sign = 'The job sign will fail at its step install_signing_bundle, which cannot be carried out here.'
  expect(bound('main')).toEqual([images])
  expect(bound('release')).toEqual([images, sign])
})
