import type { User } from '@rondo/model'
import { startTestEngine, startTestWeb, type TestEngine, type TestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'

let engine: TestEngine
let web: TestWeb
let owner: User
let organizationId: string
let token: string
let strangerToken: string

beforeAll(async () => {
  engine = await startTestEngine()
  web = await startTestWeb(engine)
  const home = await engine.home()
  owner = home.user
  organizationId = home.organization.id
  token = await web.token(owner)
  strangerToken = await web.token((await engine.home()).user)
})
afterAll(async () => {
  await web.stop()
  await engine.stop()
})

interface Answer {
  readonly data?: Record<string, Record<string, never> & { errors?: { type: string; message: string }[] }>
  readonly errors?: readonly { readonly message: string }[]
}

async function ask(query: string, variables: object = {}, as: string = token) {
  const { status, body } = await web.request(as, 'POST', '/graphql-unstable', { query, variables })
  return { status, ...(body as Answer) }
}

const nested = (depth: number, inside: string) => {
  let query = inside
  for (let level = depth - 1; level >= 2; level--)
    query = level % 2 === 0 ? `orb{${query}}` : `versions(count:1){${query}}`
  return `{orbVersion(orbVersionRef:"a/b@1"){${query}}}`
}

describe('what is asked', () => {
  test.each([
    ['depth', nested(12, 'id'), nested(13, 'id'), 'nested more than 12 deep'],
    [
      'aliases',
      `{${Array.from({ length: 15 }, (_, n) => `a${n}:me{id}`).join(' ')}}`,
      `{${Array.from({ length: 16 }, (_, n) => `a${n}:me{id}`).join(' ')}}`,
      'more than 15 aliases',
    ],
    [
      'cost',
      '{orbs(first:1000){edges{node{versions(count:20){id}}}}}',
      '{orbs(first:1000){edges{node{versions(count:60){id}}}}}',
      'more than 50000 values',
    ],
  ])('is bounded in %s [S-31]', async (_name, below, above, message) => {
    const [allowed, refused] = [await ask(below), await ask(above)]

    expect(allowed.errors).toBeUndefined()
    expect(refused).toMatchObject({ status: 200, errors: [{ message: expect.stringContaining(message) }] })
    expect(refused.data).toBeUndefined()
  })

  test.each([
    ['a fragment in itself', 'query{me{...f}} fragment f on User{id ...f}', 'deep'],
    [
      'fragments that double',
      `{me{...f1}} ${Array.from({ length: 30 }, (_, n) => `fragment f${n + 1} on User{...f${n + 2} ...f${n + 2}}`).join(' ')} fragment f31 on User{id}`,
      'deep',
    ],
    [
      'fragments that multiply without a field',
      `{me{...f1}} ${Array.from({ length: 9 }, (_, n) => `fragment f${n + 1} on User{${`...f${n + 2} `.repeat(30)}}`).join(' ')} fragment f10 on User{id}`,
      'values',
    ],
    ['a variable as a length', 'query($n:Int){orbs(first:$n){edges{node{versions(count:$n){id}}}}}', 'values'],
    ['more tokens than a page holds', `{${'me{id} '.repeat(2_000)}}`, 'token'],
    ['no query', '', 'holds no query'],
    ['half a query', '{me', 'Syntax Error'],
    ['two operations', 'query a{me{id}} query b{me{id}}', 'has 2 operations'],
    ['an unknown field', '{me{password}}', 'Cannot query field "password"'],
  ])('%s is refused in words [S-31]', async (_name, query, message) => {
    const answer = await ask(query, { n: 1_000 })

    expect(answer).toMatchObject({ status: 200, errors: [{ message: expect.stringContaining(message) }] })
  })

  test('a list of operations and a megabyte are refused [S-31]', async () => {
    const batch = await web.request(token, 'POST', '/graphql-unstable', [{ query: '{me{id}}' }])
    const large = await web.request(token, 'POST', '/graphql-unstable', {
      query: `{me{id}} #${'x'.repeat(1024 * 1024)}`,
    })

    expect(batch.body).toMatchObject({ errors: [{ message: expect.stringContaining('one operation a request') }] })
    expect(large.status).toBe(413)
  })

  test('the schema is told to people who signed in, and to nobody else [S-31]', async () => {
    const query = '{__schema{queryType{fields{name args{name}}}}}'

    expect((await ask(query, {}, '')).errors?.[0]?.message).toContain('must log in')
    const fields = JSON.stringify((await ask(query)).data)
    expect(fields).toContain('"orbConfig"')
    expect(fields).toContain('"ownerId"')
  })
})

describe('who asks', () => {
  test('nobody in particular reads public orbs, and is told to log in for the rest', async () => {
    expect((await ask('{orbs{totalCount}}', {}, '')).errors).toBeUndefined()
    for (const query of [
      '{me{name}}',
      `{organization(id:"${organizationId}"){name}}`,
      'query{buildConfig(configYaml:"version: 2.1"){valid}}',
      'mutation{importNamespace(name:"x"){errors{type}}}',
      `mutation{createOrb(name:"x",registryNamespaceId:"${organizationId}"){errors{type}}}`,
    ])
      expect((await ask(query, {}, '')).errors?.[0]?.message, query).toContain('must log in')
  })

  test('a wrong token is told apart from none', async () => {
    expect((await ask('{orbs{totalCount}}', {}, 'nonsense')).errors?.[0]?.message).toBe(
      'You must log in: the token is not valid.',
    )
  })

  test('a private orb, its organisation and its contexts do not exist for strangers', async () => {
    const namespace = (
      await ask(`mutation($o:UUID!){createNamespace(name:"hidden",organizationId:$o){namespace{id}}}`, {
        o: organizationId,
      })
    ).data?.createNamespace?.namespace as unknown as { id: string }
    await ask('mutation($n:UUID!){createOrb(name:"tool",registryNamespaceId:$n,isPrivate:true){errors{type}}}', {
      n: namespace.id,
    })
    const orb = '{orb(name:"hidden/tool"){isPrivate}}'

    expect((await ask(orb)).data?.orb).toEqual({ isPrivate: true })
    expect((await ask(orb, {}, strangerToken)).data?.orb).toBeNull()
    expect((await ask(`{organization(id:"${organizationId}"){name}}`, {}, strangerToken)).errors?.[0]?.message).toBe(
      'Org not found.',
    )
    const change = await ask(
      'mutation{publishOrb(namespaceName:"hidden",orbName:"tool",orbYaml:"version: 2.1",version:"1.0.0"){errors{type}}}',
      {},
      strangerToken,
    )
    expect(change.data?.publishOrb?.errors).toEqual([{ type: 'not-found' }])
  })
})

describe('configs', () => {
  const source =
    'version: 2.1\njobs: { build: { docker: [{image: a}], steps: [run: echo << pipeline.git.branch >>] } }\n'

  test('are compiled with the values given, of whatever type, and an undeclared $orgId as the official client sends it', async () => {
    const answer = await ask(
      `query V($config:String!,$pipelineParametersJson:String,$pipelineValues:[StringKeyVal!],$orgSlug:String,$next:Boolean!){
        buildConfig(configYaml:$config,pipelineValues:$pipelineValues,next:$next,orgId:$orgId){valid errors{message} sourceYaml outputYaml}}`,
      {
        config: source,
        next: false,
        orgId: organizationId,
        pipelineValues: [
          { key: 'pipeline.git.branch', val: 'topic' },
          { key: 'pipeline.number', val: 1 },
          { key: 'pipeline.git.branch.is_default', val: false },
        ],
      },
    )

    expect(answer.errors).toBeUndefined()
    expect(answer.data?.buildConfig).toMatchObject({ valid: true, errors: [], sourceYaml: source })
    expect(answer.data?.buildConfig?.outputYaml).toContain('echo topic')
  })

  test('an undeclared organisation is looked at, not dropped', async () => {
    const query = 'query($c:String!){buildConfig(configYaml:$c,orgId:$orgId){valid}}'

    expect((await ask(query, { c: source, orgId: organizationId }, strangerToken)).errors?.[0]?.message).toBe(
      'Org not found.',
    )
  })

  test('mistakes come with their place', async () => {
    const answer = await ask('query($c:String!){buildConfig(configYaml:$c){valid errors{message} outputYaml}}', {
      c: source.replace('run:', 'rnu:'),
    })

    expect(answer.data?.buildConfig).toMatchObject({ valid: false, outputYaml: '' })
    expect(answer.data?.buildConfig?.errors?.[0]?.message).toMatch(/^config\.yml:2:\d+: error: /)
  })

  test.each([
    [{ pipelineParametersJson: '[1]' }, 'is not a JSON object'],
    [{ pipelineParametersJson: '{' }, 'is not a JSON object'],
    [{ pipelineValues: [{ key: 'pipeline.number', val: { a: 1 } }] }, 'must be a text, a number, true or false'],
    [{ orgId: 'nonsense' }, 'is not an id'],
  ])('%j is refused in words', async (given, message) => {
    const answer = await ask(
      'query($c:String!,$pipelineParametersJson:String,$pipelineValues:[StringKeyVal!],$orgId:UUID){buildConfig(configYaml:$c,pipelineParametersJson:$pipelineParametersJson,pipelineValues:$pipelineValues,orgId:$orgId){valid}}',
      { c: source, ...given },
    )

    expect(answer.errors?.[0]?.message).toContain(message)
  })

  test('what runs and surprises is told beside the result', async () => {
    const withContext = `${source}workflows: { w: { jobs: [build: { context: [nobody-knows] }] } }\n`
    const answer = await ask(
      'query($c:String!,$o:UUID){buildConfig(configYaml:$c,orgId:$o){valid warnings{message}}}',
      { c: withContext, o: organizationId },
    )

    expect(answer.data?.buildConfig).toMatchObject({
      valid: true,
      warnings: [{ message: expect.stringContaining("There is no context 'nobody-knows'") }],
    })
  })

  test('the REST endpoint refuses an empty request, and compiles a whole one [I-030]', async () => {
    const path = '/api/v2/compile-config-with-defaults'
    const empty = await web.request(token, 'POST', path)
    const whole = await web.request(token, 'POST', path, {
      config_yaml: source,
      options: { owner_id: organizationId, pipeline_values: { 'pipeline.git.branch': 'rest', 'pipeline.number': 1 } },
    })

    expect(empty.status).toBe(400)
    expect(whole).toMatchObject({ status: 200, body: { valid: true, errors: [], 'source-yaml': source } })
    expect(whole.body['output-yaml']).toContain('echo rest')
    expect((await web.request('', 'POST', path)).status).toBe(401)
  })
})
