import ssh2 from 'ssh2'
import { expect, test } from 'vitest'
import { newSshKeyPair } from './ssh-key-pair.ts'

test('a key pair is read by another implementation of SSH, both halves, and they belong together', () => {
  const pair = newSshKeyPair('deploy@example.com')
  const secret = ssh2.utils.parseKey(pair.privateKey)
  const open = ssh2.utils.parseKey(pair.publicKey)
  if (secret instanceof Error || open instanceof Error) throw new Error(`${secret} ${open}`)
  const [message, signature] = ['hello', secret.sign('hello')]

  expect(open.comment).toBe('deploy@example.com')
  expect(open.verify(message, signature)).toBe(true)
  expect(secret.getPublicSSH()).toEqual(open.getPublicSSH())
})

test('every pair is new', () => {
  expect(newSshKeyPair('a').sha256).not.toBe(newSshKeyPair('a').sha256)
})
