import { expect, test } from 'vitest'
import { parseImageName, printImageName } from './image-name.ts'

const digest = `sha256:${'a'.repeat(64)}`

test.each([
  ['alpine', 'docker.io', 'library/alpine', 'latest', undefined, 'alpine:latest'],
  ['cimg/base:2025.05-20.04', 'docker.io', 'cimg/base', '2025.05-20.04', undefined, 'cimg/base:2025.05-20.04'],
  ['docker.io/cimg/base', 'docker.io', 'cimg/base', 'latest', undefined, 'cimg/base:latest'],
  ['index.docker.io/alpine:3', 'docker.io', 'library/alpine', '3', undefined, 'alpine:3'],
  ['localhost/app', 'localhost', 'app', 'latest', undefined, 'localhost/app:latest'],
  ['127.0.0.1:5000/a/b/c:1', '127.0.0.1:5000', 'a/b/c', '1', undefined, '127.0.0.1:5000/a/b/c:1'],
  [`ghcr.io/acme/app:1@${digest}`, 'ghcr.io', 'acme/app', '1', digest, `ghcr.io/acme/app@${digest}`],
  [`alpine@${digest}`, 'docker.io', 'library/alpine', undefined, digest, `alpine@${digest}`],
  [
    '123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:v1',
    '123456789012.dkr.ecr.eu-west-1.amazonaws.com',
    'app',
    'v1',
    undefined,
    '123456789012.dkr.ecr.eu-west-1.amazonaws.com/app:v1',
  ],
])('%s is read', (text, registry, repository, tag, found, printed) => {
  const name = parseImageName(text)

  expect(name).toEqual({ registry, repository, tag, digest: found })
  expect(printImageName(name!)).toBe(printed)
})

test.each(['', 'Acme/App', 'app:', 'a b', 'app@sha256:12', 'registry.example.com/', 'app:$TAG', '-a/b', 'a//b'])(
  '"%s" is refused',
  (text) => {
    expect(parseImageName(text)).toBe(undefined)
  },
)
