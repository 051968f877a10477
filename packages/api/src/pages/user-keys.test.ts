import { startTestEngine, startTestWeb, type TestEngine, type TestWeb } from '@rondo/testkit'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { newSshKeyPair } from '../ssh-key-pair.ts'

let engine: TestEngine
let web: TestWeb

beforeAll(async () => {
  engine = await startTestEngine()
  web = await startTestWeb(engine)
})

afterAll(async () => {
  await web.stop()
  await engine.stop()
})

const url = '/api/private/ssh-keys'

test('a public key is one person’s, who sees it and may give it up; a private one never gets in', async () => {
  const [jo, sam] = [await engine.home(), await engine.home()]
  const [token, other] = [await web.token(jo.user), await web.token(sam.user)]
  const pair = newSshKeyPair('jo@laptop')

  const added = await web.request(token, 'POST', url, { public_key: `${pair.publicKey}\n` })
  expect(added.body).toMatchObject({ name: 'jo@laptop', fingerprint: pair.sha256 })
  expect((await web.request(other, 'POST', url, { public_key: pair.publicKey })).status).toBe(409)
  expect((await web.request(other, 'GET', url)).body).toEqual({ keys: [] })
  const id = String(added.body.id)
  expect((await web.request(other, 'POST', `${url}/${id}/remove`)).status).toBe(404)
  for (const wrong of [pair.privateKey, 'ssh-ed25519 nonsense', 'two\nlines', `${pair.publicKey}\n${pair.publicKey}`])
    expect((await web.request(token, 'POST', url, { public_key: wrong })).status).toBe(400)

  expect((await web.request(token, 'POST', `${url}/${id}/remove`)).status).toBe(200)
  expect((await web.request(token, 'GET', url)).body).toEqual({ keys: [] })
  expect((await web.request('nobody', 'GET', url)).status).toBe(401)
})

const config = 'version: 2.1\njobs: {it: {docker: [{image: a}], steps: [checkout]}}\nworkflows: {main: {jobs: [it]}}'

test('builds run again with SSH by either API, take in more people while they run, and not where the project forbids it [I-057]', async () => {
  const home = await engine.home()
  const token = await web.token(home.user)
  const slug = `${home.organization.name}/${home.project.name}`
  const v1 = `/api/v1.1/project/gh/${slug}`
  const pipeline = await engine.push(home.project, config)
  await engine.run(pipeline, 'it')
  const first = await engine.job(pipeline, 'it')

  await web.request(token, 'POST', url, { public_key: newSshKeyPair('jo').publicKey })
  expect((await web.request(token, 'POST', `${v1}/${first.number}/ssh-users`)).status).toBe(409)
  const again = await web.request(token, 'POST', `${v1}/${first.number}/ssh`)
  expect(again.status).toBe(200)
  const open = await engine.job(pipeline, 'it')
  expect(await engine.database.store.sshAccess.usersOf(open.id)).toEqual([home.user.login])
  const friend = await engine.database.store.accounts.createUser({
    login: `friend-${home.user.login}`,
    name: '',
    passwordHash: null,
    admin: false,
  })
  await engine.database.store.accounts.setMember(home.organization.id, friend.id, 'writer')
  const task = await engine.take(pipeline, 'it')
  const other = await web.token(friend)
  const keyless = await web.request(other, 'POST', `${v1}/${open.number}/ssh-users`)
  expect(keyless.status).toBe(400)
  expect(keyless.body).toEqual({ message: expect.stringMatching(/^You have no SSH key with which to enter build 2\./) })
  expect(await engine.database.store.sshAccess.usersOf(open.id)).toEqual([home.user.login])
  await web.request(other, 'POST', url, { public_key: newSshKeyPair('friend').publicKey })
  const joined = await web.request(other, 'POST', `${v1}/${open.number}/ssh-users`)
  expect(joined.status).toBe(200)
  expect(joined.body).toMatchObject({ ssh_users: [{ login: home.user.login }, { login: friend.login, id: friend.id }] })
  expect(await engine.database.store.sshAccess.usersOf(open.id)).toEqual([home.user.login, friend.login])
  await engine.end(task)
  expect((await web.request(token, 'POST', `${v1}/${open.number}/ssh-users`)).status).toBe(409)

  await engine.database.store.accounts.saveProjectSettings(home.project.id, { disableSsh: true })
  expect((await web.request(token, 'POST', `${v1}/${open.number}/ssh`)).status).toBe(403)
  const { id } = await engine.workflow(pipeline)
  const rerun = await web.request(token, 'POST', `/api/v2/workflow/${id}/rerun`, { jobs: [open.id], enable_ssh: true })
  expect(rerun.status).toBe(403)
})
