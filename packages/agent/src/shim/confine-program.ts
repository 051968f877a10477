import { forbiddenCalls } from './forbidden-calls.ts'
import { codeAddress, codeOf, programFile } from './program-file.ts'

/**
 * The program through which a job in the host sandbox is started:
 *   confine PROGRAM ARG…  leaves behind the keys of the kernel that whoever started it holds (a session of keys of its own), has
 *                         the kernel refuse the forbidden calls from now on, to it and all it starts, and becomes the program.
 *                         PROGRAM is a path. Where the kernel takes no filter it says so and ends with 125.
 * No program of the host's does this in all versions of util-linux in use. Undefined for processors without a listing.
 */
export function confineProgram(processor: string): Buffer | undefined {
  const listing = listings[processor]
  const filter = forbiddenCalls(processor)
  if (listing === undefined || filter === undefined) return undefined
  const code = codeOf(listing.text)
  const description = Buffer.alloc(16)
  description.writeUInt16LE(filter.length / 8, 0)
  description.writeBigUInt64LE(BigInt(codeAddress + code.length + description.length + words.length), 8)
  return programFile(listing.machine, Buffer.concat([code, description, Buffer.from(words), filter]))
}

/** Of the length that the listings have. */
const words = 'rondo: this kernel takes no system call filter.\n'

/** Both end on a multiple of eight bytes, where the filter's description follows, then the words. */
const listings: Readonly<Record<string, { readonly machine: number; readonly text: string }>> = {
  x64: {
    machine: 62,
    text: `
      bf 01 00 00 00                mov  edi,1
      31 f6                         xor  esi,esi
      b8 fa 00 00 00                mov  eax,250                  ; keyctl: join a new session
      0f 05                         syscall
      bf 26 00 00 00                mov  edi,38
      be 01 00 00 00                mov  esi,1
      31 d2                         xor  edx,edx
      45 31 d2                      xor  r10d,r10d
      45 31 c0                      xor  r8d,r8d
      b8 9d 00 00 00                mov  eax,157                  ; prctl: no new privileges
      0f 05                         syscall
      bf 16 00 00 00                mov  edi,22
      be 02 00 00 00                mov  esi,2
      48 8d 15 50 00 00 00          lea  rdx,[filter description]
      b8 9d 00 00 00                mov  eax,157                  ; prctl: filter
      0f 05                         syscall
      85 c0                         test eax,eax
      78 21                         js   refused
      48 8b 7c 24 10                mov  rdi,[rsp+16]
      48 8d 74 24 10                lea  rsi,[rsp+16]
      48 8b 04 24                   mov  rax,[rsp]                ; how many words
      48 8d 54 c4 10                lea  rdx,[rsp+rax*8+16]       ; the environment follows them
      b8 3b 00 00 00                mov  eax,59                   ; execve
      0f 05                         syscall
      bf 7f 00 00 00                mov  edi,127
      eb 1d                         jmp  leave
      bf 02 00 00 00                refused: mov  edi,2
      48 8d 35 28 00 00 00          lea  rsi,[words]
      ba 30 00 00 00                mov  edx,48
      b8 01 00 00 00                mov  eax,1                    ; write
      0f 05                         syscall
      bf 7d 00 00 00                mov  edi,125
      b8 3c 00 00 00                leave: mov  eax,60
      0f 05                         syscall`,
  },
  arm64: {
    machine: 183,
    text: `
      20 00 80 d2       mov  x0, #1
      01 00 80 d2       mov  x1, #0
      68 1b 80 d2       mov  x8, #219                 ; keyctl: join a new session
      01 00 00 d4       svc  #0
      c0 04 80 d2       mov  x0, #38
      21 00 80 d2       mov  x1, #1
      02 00 80 d2       mov  x2, #0
      03 00 80 d2       mov  x3, #0
      04 00 80 d2       mov  x4, #0
      e8 14 80 d2       mov  x8, #167                 ; prctl: no new privileges
      01 00 00 d4       svc  #0
      c0 02 80 d2       mov  x0, #22
      41 00 80 d2       mov  x1, #2
      a2 02 00 10       adr  x2, filter description   ; prctl: filter
      01 00 00 d4       svc  #0
      1f 00 00 f1       cmp  x0, #0
      2b 01 00 54       b.lt refused
      e3 03 40 f9       ldr  x3, [sp]                 ; how many words
      e1 43 00 91       add  x1, sp, #16
      22 0c 03 8b       add  x2, x1, x3, lsl #3       ; the environment follows them, and a zero
      e0 0b 40 f9       ldr  x0, [sp, #16]
      a8 1b 80 d2       mov  x8, #221                 ; execve
      01 00 00 d4       svc  #0
      e0 0f 80 d2       mov  x0, #127
      07 00 00 14       b    leave
      40 00 80 d2       refused: mov  x0, #2
      81 01 00 10       adr  x1, words
      02 06 80 d2       mov  x2, #48
      08 08 80 d2       mov  x8, #64                  ; write
      01 00 00 d4       svc  #0
      a0 0f 80 d2       mov  x0, #125
      a8 0b 80 d2       leave: mov  x8, #93
      01 00 00 d4       svc  #0
      1f 20 03 d5       nop`,
  },
}
