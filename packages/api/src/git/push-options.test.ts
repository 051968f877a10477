import { expect, test } from 'vitest'
import { readPushOptions } from './push-options.ts'

test('pull requests are read with who opened them, each once', () => {
  expect(
    readPushOptions([
      'pull-request=https://git.example.com/acme/app/pull/7',
      'pull-request=https://git.example.com/acme/app/pull/9?a=b=c',
      'pull-request=https://git.example.com/acme/app/pull/7',
      'pull-request-user=jo-an',
      'pull-request-repository=app.fork',
    ]),
  ).toEqual({
    pullRequests: {
      urls: ['https://git.example.com/acme/app/pull/7', 'https://git.example.com/acme/app/pull/9?a=b=c'],
      user: 'jo-an',
      repository: 'app.fork',
    },
    skip: false,
    problems: [],
  })
})

test.each([
  ['pull-request=javascript:alert(1)', /http or https/],
  ['pull-request=https://a.example/1,https://b.example/2', /commas/],
  ['pull-request=', /http or https/],
  ['pull-request=https://a.example/\u001b[31m', /http or https/],
  ['pull-request-user=$(id)', /letters/],
  ['pull-request-repository=', /letters/],
  ['ci.skipp', /known are ci.skip, pull-request/],
])('%j is passed over, with the reason', (option, reason) => {
  const { pullRequests, problems } = readPushOptions([option])

  expect(pullRequests).toBeUndefined()
  expect(problems).toEqual([expect.stringMatching(reason)])
})

test('names without a pull request are told, for nothing comes of them', () => {
  expect(readPushOptions(['pull-request-user=jo'])).toEqual({
    pullRequests: undefined,
    skip: false,
    problems: [expect.stringMatching(/name no pull request/)],
  })
  expect(readPushOptions([])).toEqual({ pullRequests: undefined, skip: false, problems: [] })
})
