/** Blocks of 512 bytes that GNU tar moves at once: 64 kB, what a pipe holds. */
const recordBlocks = 128

/**
 * Shell text that has GNU tar fill a pipe, or empty it, at once. It would move 10 kB, which has it and zstd wait for each
 * other three times as often. Other programs of that name know no such variable.
 */
export const wholePipes = `export TAR_OPTIONS="$TAR_OPTIONS --blocking-factor=${recordBlocks}"`
