import { createServer } from 'node:net'
import { AppError } from '@rondo/model'

/** Fails before anything is started when a port is taken. AppError `conflict` names the setting that moves it. */
export async function requireFreePort(host: string, port: number, setting: string): Promise<void> {
  const probe = createServer()
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  probe.once('error', (cause: NodeJS.ErrnoException) => reject(portError(cause, port, setting)))
  probe.listen({ host, port, exclusive: true }, resolve)
  await promise
  await new Promise<void>((closed) => probe.close(() => closed()))
}

function portError(cause: NodeJS.ErrnoException, port: number, setting: string): AppError {
  if (cause.code === 'EADDRINUSE') {
    return new AppError(
      'conflict',
      `Port ${port} is taken by another program. Stop that program, or choose a port with ${setting}=….`,
      { cause },
    )
  }
  if (cause.code === 'EACCES') {
    return new AppError(
      'forbidden',
      `This user may not listen on port ${port}. Choose a port above 1023 with ${setting}=….`,
      { cause },
    )
  }
  return new AppError(
    'unavailable',
    `Port ${port} cannot be opened: ${cause.message}. Check RONDO_HOST and ${setting}.`,
    { cause },
  )
}
