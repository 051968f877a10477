import { closeSync, openSync, readFileSync, readSync } from 'node:fs'

const pieceBytes = 4 * 1024 * 1024

/** Names of those needles that stand anywhere in what a process can read of its memory, as bytes or as UTF-16. Takes the right to trace it. */
export function findInMemory(pid: number, needles: ReadonlyMap<string, Buffer>): readonly string[] {
  const forms = [...needles].map(([name, bytes]) => ({
    name,
    forms: [bytes, Buffer.from(bytes.toString('latin1'), 'utf16le')],
  }))
  const longest = Math.max(...forms.flatMap((needle) => needle.forms.map((form) => form.length)))
  const piece = Buffer.alloc(pieceBytes + longest)
  const found = new Set<string>()
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  try {
    for (const { from, to } of regionsOf(pid))
      for (let at = from; at < to; at += BigInt(pieceBytes)) {
        const wanted = to - at < BigInt(piece.length) ? Number(to - at) : piece.length
        const bytes = piece.subarray(0, readOrNothing(memory, piece, wanted, at))
        for (const { name, forms: each } of forms) if (each.some((form) => bytes.includes(form))) found.add(name)
      }
  } finally {
    closeSync(memory)
  }
  return [...needles.keys()].filter((name) => found.has(name))
}

interface Region {
  readonly from: bigint
  readonly to: bigint
}

function regionsOf(pid: number): readonly Region[] {
  return readFileSync(`/proc/${pid}/maps`, 'utf8')
    .split('\n')
    .flatMap((line) => {
      const [, from, to] = /^([0-9a-f]+)-([0-9a-f]+) r/.exec(line) ?? []
      return from === undefined ? [] : [{ from: BigInt(`0x${from}`), to: BigInt(`0x${to}`) }]
    })
}

/** What belongs to a device or went away meanwhile cannot be read. */
function readOrNothing(memory: number, into: Buffer, length: number, at: bigint): number {
  try {
    return readSync(memory, into, 0, length, at)
  } catch {
    return 0
  }
}
