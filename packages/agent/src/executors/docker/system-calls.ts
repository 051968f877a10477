import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

interface Rule {
  readonly names: readonly string[]
  readonly action: string
  readonly [field: string]: unknown
}

interface Profile {
  readonly syscalls: readonly Rule[]
  readonly [field: string]: unknown
}

/**
 * What Podman's own filter of system calls lets every container do and Docker's lets none: other namespaces, mounts, and keys
 * of the kernel. With a user namespace of its own a job reaches parts of the kernel that are root's.
 */
const forbidden = new Set(
  'unshare setns mount umount umount2 mount_setattr move_mount open_tree fsopen fsconfig fsmount fspick pivot_root keyctl add_key request_key reboot'.split(
    ' ',
  ),
)

/** Flags of `clone` that make a namespace: mount, cgroup, host name, IPC, user, process and network. */
const namespaceFlags = 0x7e020000
const [notPermitted, notImplemented] = [1, 38]

/** Where Podman's filter stands; the first that is there counts, as for Podman. */
const podmanProfiles = ['/etc/containers/seccomp.json', '/usr/share/containers/seccomp.json']

/**
 * Writes Podman's filter of system calls into the folder, without what a job may not do, and answers where; undefined when
 * Podman's own is not where its packages put it.
 */
export async function writePodmanFilter(folder: string, profiles = podmanProfiles): Promise<string | undefined> {
  for (const profile of profiles) {
    const text = await readFile(profile, 'utf8').catch(() => undefined)
    if (text === undefined) continue
    const path = join(folder, 'system-calls.json')
    await writeFile(path, JSON.stringify(tightened(JSON.parse(text))))
    return path
  }
  return undefined
}

/** The filter without those calls, and with `clone` for processes and threads alone. */
export function tightened(profile: Profile): Profile {
  const taken = (name: string) => forbidden.has(name) || name === 'clone' || name === 'clone3'
  const kept = profile.syscalls
    .map((rule) => ({ ...rule, names: rule.names.filter((name) => !taken(name)) }))
    .filter((rule) => rule.names.length > 0)
  return {
    ...profile,
    syscalls: [
      ...kept,
      { names: [...forbidden], action: 'SCMP_ACT_ERRNO', errnoRet: notPermitted },
      {
        names: ['clone'],
        action: 'SCMP_ACT_ALLOW',
        args: [{ index: 0, value: namespaceFlags, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
        excludes: { arches: ['s390', 's390x'] },
      },
      {
        names: ['clone'],
        action: 'SCMP_ACT_ALLOW',
        args: [{ index: 1, value: namespaceFlags, valueTwo: 0, op: 'SCMP_CMP_MASKED_EQ' }],
        includes: { arches: ['s390', 's390x'] },
      },
      // Its flags lie in memory, where a filter does not see them. Programs that are told it is not there use `clone`.
      { names: ['clone3'], action: 'SCMP_ACT_ERRNO', errnoRet: notImplemented },
    ],
  }
}
