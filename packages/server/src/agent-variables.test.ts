import { dockerSettingNames } from '@rondo/agent'
import { expect, test } from 'vitest'
import { agentVariables, readServerEnv } from './env.ts'

test('every setting of the docker executor reaches the agent that a server starts', () => {
  expect(agentVariables).toEqual(expect.arrayContaining([...dockerSettingNames]))
  expect(readServerEnv({ RONDO_IMAGE_PULL: 'always', RONDO_SUDO: '' }).env.agentSettings).toEqual({
    RONDO_IMAGE_PULL: 'always',
  })
})
