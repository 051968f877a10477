import { expect, test } from 'vitest'
import { describeApi } from '../openapi.ts'
import { v2Routes } from '../v2/routes.ts'
import { contractDifferences } from './compare-routes.ts'
import { knownDifferences } from './known-differences.ts'
import { readReference } from './reference.ts'

// Routes are only described here, never called: they need no ports.
const routes = v2Routes({} as never, { publicUrl: 'http://ci.example.com', onError: () => {} })
const differences = contractDifferences(routes, readReference())

test('operations, parameters, bodies and answers are those of the reference, but for what is explained [I-071]', () => {
  const unexplained = differences.filter((difference) => !knownDifferences.some(([known]) => known.test(difference)))

  expect(unexplained).toEqual([])
})

test('every explanation explains a difference that is there', () => {
  const idle = knownDifferences.filter(([known]) => !differences.some((difference) => known.test(difference)))

  expect(idle.map(([known]) => known.source)).toEqual([])
})

test('the API describes itself with every operation, its parameters and its answers', () => {
  const { paths } = describeApi(routes, 'http://ci.example.com') as unknown as Described

  for (const route of routes) {
    const operation = paths[route.path]?.[route.method.toLowerCase()]
    const named = [...route.path.matchAll(/\{([^}]+)\}/g)].map(([, name]) => name)

    expect(operation?.summary).toBe(route.summary)
    expect(operation?.responses).toHaveProperty(String(route.status))
    expect(operation?.parameters.filter((parameter) => parameter.in === 'path').map(({ name }) => name)).toEqual(named)
  }
  expect(paths).toHaveProperty(['/context'])
})

interface Described {
  readonly paths: Record<
    string,
    Record<string, { summary: string; responses: object; parameters: { name: string; in: string }[] }>
  >
}
