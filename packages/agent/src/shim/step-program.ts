/**
 * The one program that the supervisor is given beside its shell, for it is started twice for each step, and starting a
 * program of the image's takes a millisecond, most of which is spent on loading libraries. It uses none.
 *   step               copies its input to its output, as `cat` does
 *   step PROGRAM ARG…  becomes the program in a session of its own, as with `setsid`; what the kernel does not take for
 *                      a program is given to /bin/sh, as by any shell. PROGRAM is a path.
 * It has no file of its own among the sources but the listings below: 300 bytes in all, which nothing has to be installed
 * for to build. Undefined for processors without a listing; supervisors do with the image's programs there.
 */
export function stepProgram(architecture: string): Buffer | undefined {
  const listing = listings[architecture]
  return listing && executable(listing)
}

interface Listing {
  /** The processor, as files of Linux call it. */
  readonly machine: number
  /** One instruction a line: its bytes, and then what it says. */
  readonly text: string
}

const listings: Readonly<Record<string, Listing>> = {
  x64: {
    machine: 62,
    text: `
      48 8b 1c 24           mov  rbx, [rsp]          ; how many words
      48 83 fb 01           cmp  rbx, 1
      7e 3c                 jle  copy
      b8 70 00 00 00        mov  eax, 112            ; setsid
      0f 05                 syscall
      48 8d 74 24 10        lea  rsi, [rsp+16]       ; the words from PROGRAM on
      48 8b 3e              mov  rdi, [rsi]
      48 8d 14 de           lea  rdx, [rsi+rbx*8]    ; the environment
      b8 3b 00 00 00        mov  eax, 59             ; execve
      0f 05                 syscall
      48 8d 74 24 08        lea  rsi, [rsp+8]        ; it came back: the same words after /bin/sh
      48 8d 3d 55 00 00 00  lea  rdi, [rip+shell]
      48 89 3e              mov  [rsi], rdi
      b8 3b 00 00 00        mov  eax, 59
      0f 05                 syscall
      bf 7f 00 00 00        mov  edi, 127
      b8 3c 00 00 00  exit: mov  eax, 60             ; exit
      0f 05                 syscall
      48 81 ec 00 00 01 00  copy: sub rsp, 65536
      31 c0           read: xor  eax, eax            ; read
      31 ff                 xor  edi, edi
      48 89 e6              mov  rsi, rsp
      ba 00 00 01 00        mov  edx, 65536
      0f 05                 syscall
      48 85 c0              test rax, rax
      7e 21                 jle  over
      48 89 c3              mov  rbx, rax            ; bytes left to write
      48 89 e6              mov  rsi, rsp
      b8 01 00 00 00 write: mov  eax, 1              ; write
      89 c7                 mov  edi, eax
      48 89 da              mov  rdx, rbx
      0f 05                 syscall
      48 85 c0              test rax, rax
      7e 0a                 jle  over
      48 01 c6              add  rsi, rax
      48 29 c3              sub  rbx, rax
      75 e7                 jne  write
      eb cc                 jmp  read
      89 c7           over: mov  edi, eax            ; 0 at the end of the input
      eb ba                 jmp  exit
      2f 62 69 6e 2f 73 68 00  shell: "/bin/sh"`,
  },
  arm64: {
    machine: 183,
    text: `
      f3 03 40 f9        ldr  x19, [sp]              ; how many words
      7f 06 00 f1        cmp  x19, #1
      0d 02 00 54        b.le copy
      a8 13 80 d2        mov  x8, #157               ; setsid
      01 00 00 d4        svc  #0
      e1 43 00 91        add  x1, sp, #16            ; the words from PROGRAM on
      20 00 40 f9        ldr  x0, [x1]
      22 0c 13 8b        add  x2, x1, x19, lsl #3    ; the environment
      a8 1b 80 d2        mov  x8, #221               ; execve
      01 00 00 d4        svc  #0
      e1 23 00 91        add  x1, sp, #8             ; it came back: the same words after /bin/sh
      60 03 00 10        adr  x0, shell
      20 00 00 f9        str  x0, [x1]
      a8 1b 80 d2        mov  x8, #221
      01 00 00 d4        svc  #0
      e0 0f 80 d2        mov  x0, #127
      a8 0b 80 d2  exit: mov  x8, #93                ; exit: 0 at the end of the input
      01 00 00 d4        svc  #0
      ff 43 40 d1  copy: sub  sp, sp, #65536
      00 00 80 d2  read: mov  x0, #0
      e1 03 00 91        mov  x1, sp
      22 00 a0 d2        mov  x2, #65536
      e8 07 80 d2        mov  x8, #63                ; read
      01 00 00 d4        svc  #0
      1f 00 00 f1        cmp  x0, #0
      ed fe ff 54        b.le exit
      f3 03 00 aa        mov  x19, x0                ; bytes left to write
      e1 03 00 91        mov  x1, sp
      20 00 80 d2 write: mov  x0, #1
      e2 03 13 aa        mov  x2, x19
      08 08 80 d2        mov  x8, #64                ; write
      01 00 00 d4        svc  #0
      1f 00 00 f1        cmp  x0, #0
      ed fd ff 54        b.le exit
      21 00 00 8b        add  x1, x1, x0
      73 02 00 eb        subs x19, x19, x0
      01 ff ff 54        b.ne write
      ee ff ff 17        b    read
      2f 62 69 6e 2f 73 68 00  shell: "/bin/sh"`,
  },
}

/** Where it is loaded, as is usual; far from what the kernel keeps free. */
const address = 0x400000
const fileHeader = 64
const segmentHeader = 56

/** An ELF file of one segment, which holds the whole file and is read and run, but not written. */
function executable({ machine, text }: Listing): Buffer {
  const code = bytesOf(text)
  const header = Buffer.alloc(fileHeader + segmentHeader)
  const size = BigInt(header.length + code.length)
  // 64 bits, little endian, version 1; then an executable file of that processor.
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  header.writeUInt16LE(2, 16)
  header.writeUInt16LE(machine, 18)
  header.writeUInt32LE(1, 20)
  header.writeBigUInt64LE(BigInt(address + header.length), 24)
  header.writeBigUInt64LE(BigInt(fileHeader), 32)
  header.writeUInt16LE(fileHeader, 52)
  header.writeUInt16LE(segmentHeader, 54)
  header.writeUInt16LE(1, 56)
  // Loaded, readable and executable: offset, the address twice, the size in the file and in memory, pages of 64 KB.
  header.writeUInt32LE(1, fileHeader)
  header.writeUInt32LE(5, fileHeader + 4)
  header.writeBigUInt64LE(BigInt(address), fileHeader + 16)
  header.writeBigUInt64LE(BigInt(address), fileHeader + 24)
  header.writeBigUInt64LE(size, fileHeader + 32)
  header.writeBigUInt64LE(size, fileHeader + 40)
  header.writeBigUInt64LE(0x10000n, fileHeader + 48)
  return Buffer.concat([header, code])
}

function bytesOf(text: string): Buffer {
  return Buffer.from(text.trim().split('\n').map(hexOf).join(''), 'hex')
}

function hexOf(line: string): string {
  return /^(?:[0-9a-f]{2} )+/.exec(line.trim())![0].replaceAll(' ', '')
}
