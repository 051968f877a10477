import { expect, test } from 'vitest'
import { runtimeFaults, runtimeVersions } from './runtime-faults.ts'

const sound = { engine: '28.5.1', containerd: 'v1.7.28', runc: '1.3.3' }

test.each([
  [{ runc: '1.1.5+ds1' }, ['CVE-2024-21626', 'CVE-2025-31133']],
  [{ runc: '1.1.12' }, ['CVE-2025-31133']],
  [{ runc: '1.2.7' }, ['CVE-2025-31133']],
  [{ runc: '1.2.8' }, []],
  [{ runc: '1.3.2' }, ['CVE-2025-31133']],
  [{ runc: '1.4.0' }, []],
  [{ runc: '1.5.1' }, []],
  [{ containerd: 'v1.5.9' }, ['CVE-2022-23648']],
  [{ containerd: '1.6.20~ds1' }, []],
  [{ containerd: 'v2.1.0' }, []],
  [{ engine: '20.10.24+dfsg1' }, ['CVE-2024-41110']],
  [{ engine: '24.0.9' }, ['CVE-2024-41110']],
  [{ engine: '26.1.4' }, ['CVE-2024-41110']],
  [{ engine: '26.1.5' }, []],
  [{ runc: undefined, containerd: undefined }, []],
  [{ runc: 'unknown' }, []],
])('with %o these known holes are told: %o [S-19]', (versions, names) => {
  const faults = runtimeFaults({ ...sound, ...versions })

  expect(faults).toHaveLength(names.length)
  for (const [at, name] of names.entries()) expect(faults[at]).toContain(name)
})

test('versions are read from what Docker answers, and from what Podman does', () => {
  expect(
    runtimeVersions({
      Version: '20.10.24+dfsg1',
      Components: [
        { Name: 'Engine', Version: '20.10.24+dfsg1' },
        { Name: 'containerd', Version: '1.6.20~ds1' },
        { Name: 'runc', Version: '1.1.5+ds1' },
      ],
    }),
  ).toEqual({ engine: '20.10.24+dfsg1', containerd: '1.6.20~ds1', runc: '1.1.5+ds1' })
  expect(runtimeVersions({ Version: '5.4.2', Components: [{ Name: 'Podman Engine', Version: '5.4.2' }] })).toEqual({
    engine: 'podman 5.4.2',
  })
  const runc = { Name: 'OCI Runtime (runc)', Version: 'runc version 1.1.5+ds1\ncommit: 1.1.5+ds1-1+deb12u1' }
  expect(runtimeVersions({ Components: [{ Name: 'Podman Engine', Version: '4.3.1' }, runc] })).toEqual({
    engine: 'podman 4.3.1',
    runc: '1.1.5+ds1',
  })
})
