import type { PipelineView } from '@rondo/protocol'
import { expect, test } from 'vitest'
import { contextsHere } from './advice-here.ts'

function ended(...messages: readonly (string | null)[]): Pick<PipelineView, 'workflows'> {
  return { workflows: [{ jobs: messages.map((message) => ({ message })) }] } as unknown as PipelineView
}

test('contexts that jobs missed are named, as they are given to a run here', () => {
  const missing = (name: string) =>
    `There is no context named ${name} in this organisation. Create it, or take it out of the config.`
  expect(contextsHere(ended(`${missing('deploy')} ${missing('npm keys')}`, missing('deploy'), null))).toEqual([
    '',
    "For a run on this machine: rondo run --context deploy=FILE --context 'npm keys=FILE', with a file of lines NAME=value.",
  ])
  expect(contextsHere(ended('It failed.', null))).toEqual([])
})
