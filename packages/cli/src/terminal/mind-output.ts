/** Exit code of a program whose reader has gone, as shells know it: 128 and the number of SIGPIPE. */
const readerGone = 141

/**
 * Ends the program when what it prints goes nowhere: without a word when its reader has gone (`… | head`), else in words.
 * Without this the runtime ends with a trace of its own.
 */
export function mindOutput(): void {
  for (const stream of [process.stdout, process.stderr])
    stream.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EPIPE') process.exit(readerGone)
      if (stream === process.stdout) process.stderr.write(`rondo: the output cannot be written: ${error.message}\n`)
      process.exit(1)
    })
}
