/** Where it is loaded, as is usual; far from what the kernel keeps free. */
const address = 0x400000
const fileHeader = 64
const segmentHeader = 56

/** Where the first byte of a program's code lies in memory. */
export const codeAddress = address + fileHeader + segmentHeader

/** An ELF file of one segment, which holds the whole file and is read and run, but not written. `machine`: the processor, as files of Linux call it. */
export function programFile(machine: number, code: Buffer): Buffer {
  const header = Buffer.alloc(fileHeader + segmentHeader)
  const size = BigInt(header.length + code.length)
  // 64 bits, little endian, version 1; then an executable file of that processor.
  header.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  header.writeUInt16LE(2, 16)
  header.writeUInt16LE(machine, 18)
  header.writeUInt32LE(1, 20)
  header.writeBigUInt64LE(BigInt(codeAddress), 24)
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

/** The bytes of a listing: one instruction a line, its bytes first, and then what it says. */
export function codeOf(listing: string): Buffer {
  return Buffer.from(listing.trim().split('\n').map(hexOf).join(''), 'hex')
}

function hexOf(line: string): string {
  return /^(?:[0-9a-f]{2} )+/.exec(line.trim())![0].replaceAll(' ', '')
}
