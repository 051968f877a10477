import { expect, it } from 'vitest'
import { orbReferences } from './orb-references.ts'

const pipelineValues = { 'pipeline.number': 1 }

it('lists the references of a config, templates filled in and inline orbs included', () => {
  const source = `version: 2.1
parameters: {v: {type: string, default: "1.2"}}
orbs: {a: n/a@<< pipeline.parameters.v >>, b: {orbs: {c: n/c@1}}}`

  expect(orbReferences(source, { pipelineValues })).toEqual(['n/a@1.2', 'n/c@1'])
})

it('goes on into orbs that are already there', () => {
  const orbs = {
    resolve: (reference: string) =>
      reference === 'n/a@1' ? { source: 'orbs: {d: n/d@2}', resolved: 'n/a@1.0.0', digest: '' } : undefined,
  }

  expect(orbReferences('version: 2.1\norbs: {a: n/a@1}', { pipelineValues, orbs })).toEqual(['n/a@1', 'n/d@2'])
})

it('is empty for what cannot be read', () => {
  expect(orbReferences('[', { pipelineValues })).toEqual([])
})
