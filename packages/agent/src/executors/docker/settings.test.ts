import { expect, test } from 'vitest'
import { readDockerSettings } from './settings.ts'

test('without variables an engine of Docker is used, and images are pulled when they are not there', () => {
  const { settings, problems } = readDockerSettings({})

  expect(problems).toEqual([])
  expect(settings).toMatchObject({
    socket: '/var/run/docker.sock',
    images: { policy: 'if-not-present', mirrors: new Map() },
    sudo: 'allow',
    badRuntime: 'warn',
    warmContainers: 0,
  })
})

test('each is read', () => {
  const { settings, problems } = readDockerSettings({
    DOCKER_HOST: 'unix:///run/podman/podman.sock',
    RONDO_IMAGE_PULL: 'always',
    RONDO_REGISTRY_MIRRORS: 'docker.io=mirror.example.com:5000, ghcr.io=mirror.example.com',
    AWS_ENDPOINT_URL_ECR: 'https://vpce.example.com',
    RONDO_JOB_DISK_GB: '20',
    RONDO_SUDO: 'refuse',
    RONDO_BAD_RUNTIME: 'refuse',
    RONDO_WARM_CONTAINERS: '2',
  })

  expect(problems).toEqual([])
  expect(settings).toEqual({
    socket: '/run/podman/podman.sock',
    images: {
      policy: 'always',
      mirrors: new Map([
        ['docker.io', 'mirror.example.com:5000'],
        ['ghcr.io', 'mirror.example.com'],
      ]),
    },
    aws: { ecr: 'https://vpce.example.com', sts: undefined },
    diskGb: 20,
    sudo: 'refuse',
    badRuntime: 'refuse',
    warmContainers: 2,
  })
})

test('what cannot be meant is said for each, with what to write', () => {
  const { problems } = readDockerSettings({
    DOCKER_HOST: 'tcp://elsewhere:2375',
    RONDO_IMAGE_PULL: 'sometimes',
    RONDO_REGISTRY_MIRRORS: 'mirror.example.com',
    AWS_ENDPOINT_URL_STS: 'sts',
    RONDO_JOB_DISK_GB: '0',
    RONDO_SUDO: 'maybe',
    RONDO_BAD_RUNTIME: 'ignore',
    RONDO_WARM_CONTAINERS: 'many',
  })

  expect(problems).toHaveLength(8)
  expect(problems).toContain('RONDO_IMAGE_PULL is "sometimes"; use if-not-present or always or never.')
})
