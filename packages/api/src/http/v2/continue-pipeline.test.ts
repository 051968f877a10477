import { AppError, type ContinueRequest } from '@rondo/model'
import Fastify from 'fastify'
import { expect, test } from 'vitest'
import { handleErrors } from '../errors.ts'
import { registerApi } from '../register.ts'
import { continuePipelineRoute } from './continue-pipeline.ts'

const asked: ContinueRequest[] = []

function serverThat(continuePipeline: (request: ContinueRequest) => Promise<void>) {
  const server = Fastify()
  handleErrors(server, { onError: () => {} })
  registerApi(server, { nobody: () => {} } as never, {} as never, {
    projectTokens: false,
    bases: ['/api/v2'],
    escapedSlugs: true,
    routes: [continuePipelineRoute({ actions: { continuePipeline } as never })],
  })
  return server
}

const post = (server: ReturnType<typeof serverThat>, payload: object) =>
  server.inject({ method: 'POST', url: '/api/v2/pipeline/continue', payload })

test('what the official orb posts is passed on, without a token [I-029]', async () => {
  const server = serverThat(async (request) => void asked.push(request))

  const answer = await post(server, {
    'continuation-key': 'key',
    configuration: 'version: 2.1\n',
    parameters: { deploy: true },
  })

  expect(answer.statusCode).toBe(200)
  expect(answer.json()).toEqual({ message: 'Pipeline continued' })
  expect(asked.at(-1)).toEqual({ key: 'key', configuration: 'version: 2.1\n', parameters: { deploy: true } })
})

test('parameters may be left out, or null', async () => {
  const server = serverThat(async (request) => void asked.push(request))

  await post(server, { 'continuation-key': 'key', configuration: '' })
  await post(server, { 'continuation-key': 'key', configuration: '', parameters: null })

  expect(asked.slice(-2).map((request) => request.parameters)).toEqual([{}, {}])
})

test.each([
  {},
  { 'continuation-key': 'key' },
  { configuration: 'version: 2.1' },
  { 'continuation-key': 'key', configuration: 'x', parameters: [1] },
])('%j is refused before anything happens', async (payload) => {
  const server = serverThat(async () => {
    throw new Error('was called')
  })

  expect((await post(server, payload)).statusCode).toBe(400)
})

test('a second continuation is a conflict, in words', async () => {
  const server = serverThat(async () => {
    throw new AppError('conflict', 'Pipeline is not in setup state.')
  })

  const answer = await post(server, { 'continuation-key': 'key', configuration: 'x' })

  expect([answer.statusCode, answer.json()]).toEqual([409, { message: 'Pipeline is not in setup state.' }])
})
