import { codeOf, programFile } from './program-file.ts'

/**
 * The one program that the supervisor is given beside its shell: starting programs of the image's takes a millisecond each,
 * most of which is spent on loading libraries. It uses none.
 *   step                    copies its input to its output, as `cat` does, but waits where no space is left for it
 *   step PIPE PROGRAM ARG…  becomes the program in a session of its own, as with `setsid`, which prints into PIPE; a reader,
 *                           split off before, copies PIPE to the output it was started with. What the kernel does not take
 *                           for a program is given to /bin/sh, as by any shell. PROGRAM is a path. SIGINT and SIGQUIT reach
 *                           it: shells have what runs beside them ignore both, and no shell that begins so can change that.
 * The reader is a child of whoever started this: a program that waits for all its children waits for its own alone. PIPE
 * can be executed by nobody as long as it is held, and by all when the reader has come to its end. Where there is no PIPE,
 * or no reader, the program prints straight into the output.
 * It has no file of its own among the sources but the listings below: some 600 bytes in all, which nothing has to be
 * installed for to build. Undefined for processors without a listing; supervisors do with the image's programs there.
 */
export function stepProgram(architecture: string): Buffer | undefined {
  const listing = listings[architecture]
  return listing && programFile(listing.machine, codeOf(listing.text))
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
      48 8b 1c 24                   mov  rbx, [rsp]           ; how many words
      bd ff ff ff ff                mov  ebp, -1              ; no pipe
      48 83 fb 01                   cmp  rbx, 1
      0f 8e 1e 01 00 00             jle  copy
      6a 00                         push 0                    ; what a signal does by default: 32 bytes of nothing
      6a 00                         push 0
      6a 00                         push 0
      6a 00                         push 0
      bf 02 00 00 00                mov  edi, 2               ; SIGINT
      48 89 e6                      mov  rsi, rsp
      31 d2                         xor  edx, edx
      41 ba 08 00 00 00             mov  r10d, 8
      b8 0d 00 00 00                mov  eax, 13              ; rt_sigaction
      0f 05                         syscall
      bf 03 00 00 00                mov  edi, 3               ; SIGQUIT
      b8 0d 00 00 00                mov  eax, 13
      0f 05                         syscall
      48 83 c4 20                   add  rsp, 32
      48 8b 7c 24 10                mov  rdi, [rsp+16]        ; PIPE, both ways: that waits for nobody
      be 02 00 08 00                mov  esi, 0x80002
      b8 02 00 00 00                mov  eax, 2               ; open
      0f 05                         syscall
      89 c5                         mov  ebp, eax
      85 c0                         test eax, eax
      78 7a                         js   become
      89 c7                         mov  edi, eax
      be b6 01 00 00                mov  esi, 0666            ; taken
      b8 5b 00 00 00                mov  eax, 91              ; fchmod
      0f 05                         syscall
      48 8b 7c 24 10                mov  rdi, [rsp+16]
      be 00 00 08 00                mov  esi, 0x80000         ; to read
      b8 02 00 00 00                mov  eax, 2
      0f 05                         syscall
      41 89 c4                      mov  r12d, eax
      48 8b 7c 24 10                mov  rdi, [rsp+16]
      be 01 00 08 00                mov  esi, 0x80001         ; to write
      b8 02 00 00 00                mov  eax, 2
      0f 05                         syscall
      41 89 c5                      mov  r13d, eax
      bf 11 80 00 00                mov  edi, 0x8011          ; a child of this one's parent
      31 f6                         xor  esi, esi
      b8 38 00 00 00                mov  eax, 56              ; clone
      0f 05                         syscall
      85 c0                         test eax, eax
      74 6f                         je   reader
      7f 12                         jg   print
      bf 11 00 00 00                mov  edi, 17              ; or, where there are none, of this one
      b8 38 00 00 00                mov  eax, 56
      0f 05                         syscall
      85 c0                         test eax, eax
      74 5d                         je   reader
      78 1e                         js   become
      44 89 ef               print: mov  edi, r13d
      be 01 00 00 00                mov  esi, 1
      b8 21 00 00 00                mov  eax, 33              ; dup2
      0f 05                         syscall
      44 89 ef                      mov  edi, r13d
      be 02 00 00 00                mov  esi, 2
      b8 21 00 00 00                mov  eax, 33
      0f 05                         syscall
      b8 70 00 00 00        become: mov  eax, 112             ; setsid
      0f 05                         syscall
      48 8d 74 24 18                lea  rsi, [rsp+24]        ; the words from PROGRAM on
      48 8b 3e                      mov  rdi, [rsi]
      48 8d 54 dc 10                lea  rdx, [rsp+rbx*8+16]  ; the environment
      b8 3b 00 00 00                mov  eax, 59              ; execve
      0f 05                         syscall
      48 8d 74 24 10                lea  rsi, [rsp+16]        ; it came back: the same words after /bin/sh
      48 8d 3d b2 00 00 00          lea  rdi, [rip+shell]
      48 89 3e                      mov  [rsi], rdi
      b8 3b 00 00 00                mov  eax, 59
      0f 05                         syscall
      bf 7f 00 00 00                mov  edi, 127
      b8 3c 00 00 00          exit: mov  eax, 60              ; exit
      0f 05                         syscall
      44 89 e7              reader: mov  edi, r12d
      31 f6                         xor  esi, esi
      b8 21 00 00 00                mov  eax, 33
      0f 05                         syscall
      44 89 ef                      mov  edi, r13d
      b8 03 00 00 00                mov  eax, 3               ; close
      0f 05                         syscall
      89 ef                         mov  edi, ebp
      b8 03 00 00 00                mov  eax, 3
      0f 05                         syscall
      31 ed                         xor  ebp, ebp
      48 81 ec 00 00 01 00    copy: sub  rsp, 65536
      31 c0                   read: xor  eax, eax             ; read
      31 ff                         xor  edi, edi
      48 89 e6                      mov  rsi, rsp
      ba 00 00 01 00                mov  edx, 65536
      0f 05                         syscall
      48 85 c0                      test rax, rax
      7e 21                         jle  over
      48 89 c3                      mov  rbx, rax             ; bytes left to write
      48 89 e6                      mov  rsi, rsp
      b8 01 00 00 00         write: mov  eax, 1               ; write
      89 c7                         mov  edi, eax
      48 89 da                      mov  rdx, rbx
      0f 05                         syscall
      48 85 c0                      test rax, rax
      7e 1f                         jle  refused
      48 01 c6                      add  rsi, rax
      48 29 c3                      sub  rbx, rax
      75 e7                         jne  write
      eb cc                         jmp  read
      48 89 c3                over: mov  rbx, rax             ; 0 at the end of the input
      89 ef                         mov  edi, ebp
      be ff 01 00 00                mov  esi, 0777            ; free
      b8 5b 00 00 00                mov  eax, 91
      0f 05                         syscall
      89 df                         mov  edi, ebx
      eb 88                         jmp  exit
      48 83 f8 e4         refused:  cmp  rax, -28             ; ENOSPC
      74 06                         je   wait
      48 83 f8 86                   cmp  rax, -122            ; EDQUOT
      75 df                         jne  over
      49 89 f6                wait: mov  r14, rsi
      68 00 e1 f5 05                push 100000000            ; nanoseconds
      6a 00                         push 0
      48 89 e7                      mov  rdi, rsp
      31 f6                         xor  esi, esi
      b8 23 00 00 00                mov  eax, 35              ; nanosleep
      0f 05                         syscall
      48 83 c4 10                   add  rsp, 16
      4c 89 f6                      mov  rsi, r14
      eb a5                         jmp  write
      2f 62 69 6e 2f 73 68 00  shell: "/bin/sh"`,
  },
  arm64: {
    machine: 183,
    text: `
      f3 03 40 f9          ldr  x19, [sp]            ; how many words
      14 00 80 92          mov  x20, #-1             ; no pipe
      7f 06 00 f1          cmp  x19, #1
      ed 09 00 54          b.le copy
      ff 7f be a9          stp  xzr, xzr, [sp, #-32]! ; what a signal does by default: 32 bytes of nothing
      ff 7f 01 a9          stp  xzr, xzr, [sp, #16]
      40 00 80 d2          mov  x0, #2               ; SIGINT
      e1 03 00 91          mov  x1, sp
      02 00 80 d2          mov  x2, #0
      03 01 80 d2          mov  x3, #8
      c8 10 80 d2          mov  x8, #134             ; rt_sigaction
      01 00 00 d4          svc  #0
      60 00 80 d2          mov  x0, #3               ; SIGQUIT
      01 00 00 d4          svc  #0
      ff 83 00 91          add  sp, sp, #32
      02 01 a0 d2          mov  x2, #0x80000
      08 07 80 d2          mov  x8, #56              ; openat
      60 0c 80 92          mov  x0, #-100
      e1 0b 40 f9          ldr  x1, [sp, #16]        ; PIPE, both ways: that waits for nobody
      42 08 00 91          add  x2, x2, #2
      01 00 00 d4          svc  #0
      f4 03 00 aa          mov  x20, x0
      1f 00 00 f1          cmp  x0, #0
      2b 04 00 54          b.lt become
      60 0c 80 92          mov  x0, #-100
      42 08 00 d1          sub  x2, x2, #2           ; to read
      01 00 00 d4          svc  #0
      f5 03 00 aa          mov  x21, x0
      60 0c 80 92          mov  x0, #-100
      42 04 00 91          add  x2, x2, #1           ; to write
      01 00 00 d4          svc  #0
      f6 03 00 aa          mov  x22, x0
      e0 03 14 aa          mov  x0, x20
      c1 36 80 d2          mov  x1, #0666            ; taken
      88 06 80 d2          mov  x8, #52              ; fchmod
      01 00 00 d4          svc  #0
      20 02 90 d2          mov  x0, #0x8011          ; a child of this one's parent
      01 00 80 d2          mov  x1, #0
      88 1b 80 d2          mov  x8, #220             ; clone
      01 00 00 d4          svc  #0
      1f 00 00 f1          cmp  x0, #0
      c0 03 00 54          b.eq reader
      cc 00 00 54          b.gt print
      20 02 80 d2          mov  x0, #17              ; or, where there are none, of this one
      01 00 00 d4          svc  #0
      1f 00 00 f1          cmp  x0, #0
      20 03 00 54          b.eq reader
      2b 01 00 54          b.lt become
      e0 03 16 aa   print: mov  x0, x22
      21 00 80 d2          mov  x1, #1
      02 00 80 d2          mov  x2, #0
      08 03 80 d2          mov  x8, #24              ; dup3
      01 00 00 d4          svc  #0
      e0 03 16 aa          mov  x0, x22
      41 00 80 d2          mov  x1, #2
      01 00 00 d4          svc  #0
      a8 13 80 d2  become: mov  x8, #157             ; setsid
      01 00 00 d4          svc  #0
      e1 63 00 91          add  x1, sp, #24          ; the words from PROGRAM on
      20 00 40 f9          ldr  x0, [x1]
      e2 6f 33 8b          add  x2, sp, x19, lsl #3
      42 40 00 91          add  x2, x2, #16          ; the environment
      a8 1b 80 d2          mov  x8, #221             ; execve
      01 00 00 d4          svc  #0
      e1 43 00 91          add  x1, sp, #16          ; it came back: the same words after /bin/sh
      60 07 00 10          adr  x0, shell
      20 00 00 f9          str  x0, [x1]
      01 00 00 d4          svc  #0
      e0 0f 80 d2          mov  x0, #127
      a8 0b 80 d2    exit: mov  x8, #93              ; exit
      01 00 00 d4          svc  #0
      e0 03 15 aa  reader: mov  x0, x21
      01 00 80 d2          mov  x1, #0
      02 00 80 d2          mov  x2, #0
      08 03 80 d2          mov  x8, #24
      01 00 00 d4          svc  #0
      e0 03 16 aa          mov  x0, x22
      28 07 80 d2          mov  x8, #57              ; close
      01 00 00 d4          svc  #0
      e0 03 14 aa          mov  x0, x20
      01 00 00 d4          svc  #0
      14 00 80 d2          mov  x20, #0
      ff 43 40 d1    copy: sub  sp, sp, #65536
      00 00 80 d2    read: mov  x0, #0
      e1 03 00 91          mov  x1, sp
      22 00 a0 d2          mov  x2, #65536
      e8 07 80 d2          mov  x8, #63              ; read
      01 00 00 d4          svc  #0
      1f 00 00 f1          cmp  x0, #0
      ad 01 00 54          b.le over
      f3 03 00 aa          mov  x19, x0              ; bytes left to write
      e1 03 00 91          mov  x1, sp
      20 00 80 d2   write: mov  x0, #1
      e2 03 13 aa          mov  x2, x19
      08 08 80 d2          mov  x8, #64              ; write
      01 00 00 d4          svc  #0
      1f 00 00 f1          cmp  x0, #0
      8d 01 00 54          b.le refused
      21 00 00 8b          add  x1, x1, x0
      73 02 00 eb          subs x19, x19, x0
      01 ff ff 54          b.ne write
      ee ff ff 17          b    read
      f3 03 00 aa    over: mov  x19, x0              ; 0 at the end of the input
      e0 03 14 aa          mov  x0, x20
      e1 3f 80 d2          mov  x1, #0777            ; free
      88 06 80 d2          mov  x8, #52
      01 00 00 d4          svc  #0
      e0 03 13 aa          mov  x0, x19
      d9 ff ff 17          b    exit
      1f 70 00 b1 refused: cmn  x0, #28              ; ENOSPC
      60 00 00 54          b.eq wait
      1f e8 01 b1          cmn  x0, #122             ; EDQUOT
      c1 fe ff 54          b.ne over
      f5 03 01 aa    wait: mov  x21, x1
      01 20 9c d2          mov  x1, #100000000 & 0xffff ; nanoseconds
      a1 be a0 f2          movk x1, #100000000 >> 16, lsl #16
      ff 07 bf a9          stp  xzr, x1, [sp, #-16]!
      e0 03 00 91          mov  x0, sp
      01 00 80 d2          mov  x1, #0
      a8 0c 80 d2          mov  x8, #101             ; nanosleep
      01 00 00 d4          svc  #0
      ff 43 00 91          add  sp, sp, #16
      e1 03 15 aa          mov  x1, x21
      e1 ff ff 17          b    write
      2f 62 69 6e 2f 73 68 00  shell: "/bin/sh"`,
  },
}
