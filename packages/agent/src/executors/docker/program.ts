import { PassThrough, type Readable, type Writable } from 'node:stream'
import type { SshProgram, TerminalSize } from '@rondo/adapters'
import type Docker from 'dockerode'
import { tellSize } from './terminal.ts'

/** Runs a program in a container, at a terminal of its own or with separate streams. */
export async function openProgram(
  container: Docker.Container,
  command: readonly string[],
  terminal: TerminalSize | undefined,
): Promise<SshProgram> {
  const exec = await container.exec({
    Cmd: [...command],
    Tty: terminal !== undefined,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    ...(terminal === undefined ? {} : { ConsoleSize: [terminal.rows, terminal.columns] }),
  } as Docker.ExecCreateOptions)
  const stream = (await exec.start({ hijack: true, stdin: true, Tty: terminal !== undefined })) as unknown as Readable &
    Writable
  if (terminal !== undefined) await tellSize(exec, terminal)
  const streams = terminal === undefined ? apart(container, stream) : { output: stream, errors: undefined }
  return {
    input: stream,
    ...streams,
    async resize({ columns, rows }) {
      if (terminal !== undefined) await exec.resize({ w: columns, h: rows })
    },
    exitCode: async () => (await exec.inspect()).ExitCode,
    async close() {
      stream.destroy()
    },
  }
}

function apart(
  container: Docker.Container,
  stream: Readable,
): { readonly output: Readable; readonly errors: Readable } {
  const [output, errors] = [new PassThrough(), new PassThrough()]
  container.modem.demuxStream(stream, output, errors)
  const end = () => {
    output.end()
    errors.end()
  }
  stream.once('end', end).once('close', end).once('error', end)
  return { output, errors }
}
