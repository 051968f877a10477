/** Numbers of system calls by what processes of a processor call them. */
interface Architecture {
  /** As the kernel tells a filter (`AUDIT_ARCH_…`). */
  readonly audit: number
  readonly clone: number
  /** Refused: they take or change what is the machine's, or what others left. */
  readonly refused: readonly number[]
}

/** Since they were given numbers together, the same everywhere. */
const mounts = [428, 429, 430, 431, 432, 433, 442]
const rings = [425, 426, 427]
const clone3 = 435

const x64: Architecture = {
  audit: 0xc000003e,
  clone: 56,
  // biome-ignore format: a table, in the order of the comment
  refused: [
    // mount umount2 pivot_root setns unshare; add_key request_key keyctl; bpf perf_event_open userfaultfd open_by_handle_at
    165, 166, 155, 308, 272, 248, 249, 250, 321, 298, 323, 304,
    // init_module finit_module delete_module kexec_load kexec_file_load reboot swapon swapoff acct quotactl syslog
    175, 313, 176, 246, 320, 169, 167, 168, 163, 179, 103,
    // settimeofday clock_settime sethostname setdomainname iopl ioperm
    164, 227, 170, 171, 172, 173,
    ...mounts, ...rings,
  ],
}

/** Programs of 32 bits on x64. */
const x86: Architecture = {
  audit: 0x40000003,
  clone: 120,
  // biome-ignore format: a table, in the order of the one above
  refused: [
    21, 22, 52, 217, 346, 310, 286, 287, 288, 357, 336, 374, 342,
    128, 350, 129, 283, 88, 87, 115, 51, 131, 103,
    79, 264, 404, 74, 121, 110, 101,
    // vm86old vm86
    113, 166,
    ...mounts, ...rings,
  ],
}

const arm64: Architecture = {
  audit: 0xc00000b7,
  clone: 220,
  // biome-ignore format: a table, in the order of the first
  refused: [
    40, 39, 41, 268, 97, 217, 218, 219, 280, 241, 282, 265,
    105, 273, 106, 104, 294, 142, 224, 225, 89, 60, 116,
    170, 112, 161, 162,
    ...mounts, ...rings,
  ],
}

const byProcessor: Readonly<Record<string, readonly Architecture[]>> = { x64: [x64, x86], arm64: [arm64] }

const notPermitted = 1
/** As if the kernel had none of it: who asks then does without. */
const notThere = 38
/** CLONE_NEW… of every kind of namespace but that of time, which is asked for by clone3 alone. */
const newNamespaces = 0x7e020000
/** Set in the numbers of a third way to call on x64 that hardly any kernel still has. */
const x32 = 0x40000000

/**
 * A filter of system calls for jobs on the host itself, as the kernel takes it (`sock_filter`), in the spirit of the engines' own: a
 * job mounts nothing, makes and enters no namespace, reads no keys of the kernel, and loads nothing into it. Undefined for
 * processors whose numbers are not known here.
 */
export function forbiddenCalls(processor: string): Buffer | undefined {
  const architectures = byProcessor[processor]
  if (architectures === undefined) return undefined
  return Buffer.concat([load(offsets.architecture), ...architectures.map(section), give(refuse(notThere))])
}

/** What holds for one architecture; passed over by callers of another. */
function section({ audit, clone, refused }: Architecture): Buffer {
  const rules = Buffer.concat([
    load(offsets.number),
    unless(jumps.atLeast, audit === x64.audit ? x32 : 0xffffffff, give(refuse(notThere))),
    unless(jumps.equal, clone3, give(refuse(notThere))),
    ...refused.map((number) => unless(jumps.equal, number, give(refuse(notPermitted)))),
    unless(
      jumps.equal,
      clone,
      Buffer.concat([
        load(offsets.argument),
        unless(jumps.anyOf, newNamespaces, give(refuse(notPermitted))),
        give(allow),
      ]),
    ),
    give(allow),
  ])
  return Buffer.concat([instruction(jumps.equal, audit, 1, 0), instruction(0x05, rules.length / 8), rules])
}

/** Of `seccomp_data`; of the first argument, the lower half. */
const offsets = { number: 0, architecture: 4, argument: 16 } as const
const jumps = { equal: 0x15, atLeast: 0x35, anyOf: 0x45 } as const
const allow = 0x7fff0000

function refuse(error: number): number {
  return 0x00050000 | error
}

const load = (offset: number) => instruction(0x20, offset)
const give = (answer: number) => instruction(0x06, answer)

/** Passes `then` over unless the comparison holds. */
function unless(jump: number, value: number, then: Buffer): Buffer {
  return Buffer.concat([instruction(jump, value, 0, then.length / 8), then])
}

function instruction(code: number, value: number, whenTrue = 0, whenFalse = 0): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeUInt16LE(code, 0)
  bytes.set([whenTrue, whenFalse], 2)
  bytes.writeUInt32LE(value, 4)
  return bytes
}
