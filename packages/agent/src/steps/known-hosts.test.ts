import { createHash } from 'node:crypto'
import { expect, test } from 'vitest'
import { hostLine, knownHostLines } from './known-hosts.ts'

test('the keys of the big hostings have the fingerprints they publish', () => {
  const fingerprints = knownHostLines([]).map((line) => {
    const [host, type, key = ''] = line.split(' ')
    return `${host} ${type} ${createHash('sha256').update(Buffer.from(key, 'base64')).digest('base64').replace(/=+$/, '')}`
  })

  expect(fingerprints).toEqual([
    'github.com ssh-ed25519 +DiY3wvvV6TuJJhbpZisF/zLDA0zPMSvHdkr4UvCOqU',
    'github.com ecdsa-sha2-nistp256 p2QAMXNIC1TJYWeIOttrVc98/R1BUFWu3/LiyKgUfQM',
    'github.com ssh-rsa uNiVztksCsDhcc0u9e8BujQXVUpKZIDTMczCvj3tD2s',
    'bitbucket.org ssh-ed25519 ybgmFkzwOSotHTHLJgHO0QN8L0xErw6vd0VhFA9m3SM',
    'bitbucket.org ecdsa-sha2-nistp256 FC73VB6C4OQLSCrjEayhMp9UMxS97caD/Yyi2bhW/J0',
    'bitbucket.org ssh-rsa 46OSHA1Rmj8E8ERTC6xkNcmGOw9oFxYr0WF6zWW8l1E',
    'gitlab.com ssh-ed25519 eUXGGm1YGsMAS7vkcx6JOJdOGHPem5gQp4taiCfCLB8',
    'gitlab.com ecdsa-sha2-nistp256 HbW3g8zUjNSksFbqTiUWPWg2Bq1x8xdGUrliXFzSnUw',
    'gitlab.com ssh-rsa ROQFvPThGrW4RuWLoL9tq9I9zJ42fK4XywyRtbOz/EQ',
  ])
})

test('a host at a port of its own is written as ssh looks for it', () => {
  expect(hostLine('ssh://git@ci.example.com:2222/o/r.git', 'ssh-ed25519 AAAA')).toBe(
    '[ci.example.com]:2222 ssh-ed25519 AAAA',
  )
  expect(hostLine('ssh://git@ci.example.com/o/r.git', 'ssh-ed25519 AAAA')).toBe('ci.example.com ssh-ed25519 AAAA')
})
