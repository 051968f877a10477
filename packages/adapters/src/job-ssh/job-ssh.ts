import { type AddressInfo, createServer, type Server, type Socket } from 'node:net'
import type { Readable, Writable } from 'node:stream'
import ssh2 from 'ssh2'
import { authenticateByKey } from '../authenticate-by-key.ts'

/** A program in a job's environment, as a session sees it. */
export interface SshProgram {
  readonly input: Writable
  readonly output: Readable
  /** Undefined at a terminal, which has one stream for both. */
  readonly errors: Readable | undefined
  resize(size: TerminalSize): Promise<void>
  /** Once `output` has ended. */
  exitCode(): Promise<number | null>
  close(): Promise<void>
}

export interface TerminalSize {
  readonly columns: number
  readonly rows: number
}

export interface SshSessionRequest {
  /** What to run; undefined: a shell. */
  readonly command: string | undefined
  readonly sftp: boolean
  readonly terminal: (TerminalSize & { readonly type: string }) | undefined
}

export interface JobSshPorts {
  /** Whether the owner of this key (`SHA256:…`) may enter now; does so with it once it is `proven` to be the client's. */
  admits(sha256: string, proven: boolean): Promise<boolean>
  open(request: SshSessionRequest): Promise<SshProgram>
}

export interface JobSsh {
  readonly port: number
  /** People who are in, or on their way. */
  connections(): number
  /** Ends every connection. */
  close(): Promise<void>
}

export interface JobSshOptions {
  /** In OpenSSH's format. */
  readonly hostKey: string
  readonly host: string
  /** Ports to try, in order; those that are taken are passed over. */
  readonly ports: readonly number[]
  /** How often is asked whether who is in may still be; default five seconds. */
  readonly askEveryMs?: number
}

const loginMs = 30_000
const maxConnections = 20
const askEveryMs = 5_000

/**
 * SSH into one job: shells, commands and file transfer for those whose keys are admitted, and for as long as they are. Nothing
 * is forwarded: neither ports nor agents nor windows. Undefined when every port is taken.
 */
export async function openJobSsh(ports: JobSshPorts, options: JobSshOptions): Promise<JobSsh | undefined> {
  const ssh = new ssh2.Server({ hostKeys: [options.hostKey], ident: 'Rondo', keepaliveInterval: 15_000 }, (client) => {
    const deadline = setTimeout(() => client.end(), loginMs)
    let asking: NodeJS.Timeout | undefined
    let proven: string | undefined
    client.on('authentication', (context) => {
      authenticateByKey(context, ports.admits).then(
        (fingerprint) => (proven = fingerprint ?? proven),
        () => context.reject(),
      )
    })
    client.on('ready', () => {
      clearTimeout(deadline)
      asking = setInterval(() => void putOut(client, ports, proven), options.askEveryMs ?? askEveryMs)
    })
    client.on('close', () => {
      clearTimeout(deadline)
      clearInterval(asking)
    })
    // A client that goes away is nobody's error.
    client.on('error', () => {})
    client.on('session', (accept) => serveSession(accept(), ports))
  })
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    ssh.injectSocket(socket)
  })
  server.maxConnections = maxConnections
  for (const port of options.ports) if (await listens(server, port, options.host)) break
  if (!server.listening) return undefined
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => sockets.size,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

/** Ends the connection of somebody who was let in and would not be any more. A server that does not answer changes nothing. */
async function putOut(client: ssh2.Connection, ports: JobSshPorts, fingerprint: string | undefined): Promise<void> {
  const admitted = fingerprint !== undefined && (await ports.admits(fingerprint, false).catch(() => true))
  if (!admitted) client.end()
}

function listens(server: Server, port: number, host: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const failed = (error: NodeJS.ErrnoException) => {
      server.off('listening', started)
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(false)
      else reject(error)
    }
    const started = () => {
      server.off('error', failed)
      resolve(true)
    }
    server.once('error', failed).once('listening', started)
    server.listen(port, host)
  })
}

function serveSession(session: ssh2.Session, ports: JobSshPorts): void {
  let terminal: SshSessionRequest['terminal']
  let program: SshProgram | undefined
  session.on('pty', (accept, _reject, { cols, rows, term }) => {
    terminal = { columns: cols || 80, rows: rows || 24, type: /^[\w.+-]{1,40}$/.test(term) ? term : 'xterm-256color' }
    accept?.()
  })
  session.on('window-change', (accept, _reject, { cols, rows }) => {
    accept?.()
    program?.resize({ columns: cols, rows }).catch(() => {})
  })
  // A job's variables are its own.
  session.on('env', (_accept, reject) => reject?.())
  const run = (channel: ssh2.ServerChannel, request: SshSessionRequest) => {
    channel.on('error', () => {})
    ports
      .open(request)
      .then((opened) => {
        program = opened
        return join(channel, opened)
      })
      .catch((error) => {
        channel.stderr.write(`${error instanceof Error ? error.message : String(error)}\r\n`)
        channel.exit(255)
        channel.end()
      })
  }
  session.on('shell', (accept) => run(accept(), { command: undefined, sftp: false, terminal }))
  session.on('exec', (accept, _reject, { command }) => run(accept(), { command, sftp: false, terminal }))
  session.on('subsystem', (accept, reject, { name }) => {
    if (name === 'sftp') run(accept(), { command: undefined, sftp: true, terminal: undefined })
    else reject?.()
  })
}

/** Carries bytes both ways until the program ends or its user goes away. */
async function join(channel: ssh2.ServerChannel, program: SshProgram): Promise<void> {
  const { input, output, errors } = program
  input.on('error', () => {})
  // A terminal has no end of input: the stream both ways would be gone with it.
  channel.pipe(input, { end: errors !== undefined })
  channel.once('close', () => void program.close().catch(() => {}))
  errors?.pipe(channel.stderr, { end: false })
  output.pipe(channel, { end: false })
  await Promise.all([ended(output), ...(errors === undefined ? [] : [ended(errors)])])
  channel.exit((await program.exitCode()) ?? 0)
  channel.end()
}

function ended(stream: Readable): Promise<void> {
  return new Promise((resolve) => {
    stream.once('end', resolve).once('close', resolve).once('error', resolve)
  })
}
