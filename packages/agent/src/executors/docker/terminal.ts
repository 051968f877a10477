import type Docker from 'dockerode'
import type { Terminal } from '../executor.ts'

/** Runs a script of the shared folder in a container, at a terminal of its own. */
export async function openTerminal(
  container: Docker.Container,
  script: string,
  size: { readonly columns: number; readonly rows: number },
): Promise<Terminal> {
  const exec = await container.exec({
    Cmd: ['/bin/sh', script],
    Tty: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    ConsoleSize: [size.rows, size.columns],
  } as Docker.ExecCreateOptions)
  const stream = await exec.start({ hijack: true, stdin: true, Tty: true })
  await tellSize(exec, size)
  return {
    output: stream as unknown as AsyncIterable<Uint8Array>,
    write: (text) => void stream.write(text),
    async resize(columns, rows) {
      await exec.resize({ w: columns, h: rows })
    },
    async close() {
      stream.end('\u0004')
      stream.destroy()
    },
  }
}

/** Engines before API 1.42, such as 20.10, pass over `ConsoleSize`: a terminal there begins as 0 by 0. */
export async function tellSize(
  exec: Docker.Exec,
  size: { readonly columns: number; readonly rows: number },
): Promise<void> {
  // Whoever has ended already needs no size.
  await exec.resize({ w: size.columns, h: size.rows }).catch(() => {})
}
