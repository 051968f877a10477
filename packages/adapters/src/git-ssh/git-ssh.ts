import { type AddressInfo, createServer, type Socket } from 'node:net'
import { AppError, type GitHosting, type GitService, type RepositoryName } from '@rondo/model'
import ssh2 from 'ssh2'
import { authenticateByKey } from '../authenticate-by-key.ts'

export interface GitSshPorts {
  readonly hosting: Pick<GitHosting, 'converse'>
  /** Whether a public key (`SHA256:…`) is anybody's; asked before its owner proves to have the private half. */
  knows(fingerprint: string): Promise<boolean>
  /** What the owner of a key may do with a repository. AppError says why not; its message goes to the client. */
  open(fingerprint: string, repository: RepositoryName, service: GitService): Promise<OpenRepository>
}

export interface OpenRepository extends RepositoryName {
  readonly onPush?: Parameters<GitHosting['converse']>[3]['onPush']
}

export interface GitSshOptions {
  /** The host's private key, in OpenSSH's format. */
  readonly hostKey: string
  readonly onError: (error: unknown, command: string) => void
  /** Connections at once; default 200. */
  readonly maxConnections?: number
  /** Milliseconds until a connection must have said whose it is; default 20 s. */
  readonly loginMs?: number
}

export interface GitSsh {
  /** Answers the port it listens on. */
  listen(address: { readonly host: string; readonly port: number }): Promise<number>
  /** Ends every connection. */
  close(): Promise<void>
}

/**
 * Git over SSH for the built-in hosting: keys open repositories, and `git-upload-pack` and `git-receive-pack` are the only
 * commands there are. No shell, no forwarding, no files.
 */
export function createGitSsh(ports: GitSshPorts, options: GitSshOptions): GitSsh {
  const ssh = new ssh2.Server({ hostKeys: [options.hostKey], ident: 'Rondo', keepaliveInterval: 15_000 }, (client) => {
    const gone = new AbortController()
    const deadline = setTimeout(() => client.end(), options.loginMs ?? 20_000)
    let fingerprint = ''
    client.on('authentication', (context) => {
      authenticateByKey(context, ports.knows).then(
        (found) => {
          if (found !== undefined) fingerprint = found
        },
        (error) => {
          options.onError(error, 'authentication')
          context.reject()
        },
      )
    })
    client.on('ready', () => clearTimeout(deadline))
    client.on('close', () => {
      clearTimeout(deadline)
      gone.abort()
    })
    // A client that goes away is nobody's error.
    client.on('error', () => {})
    client.on('session', (accept) => {
      const session = accept()
      let protocol: string | undefined
      session.on('env', (allow, _reject, { key, val }) => {
        if (key === 'GIT_PROTOCOL') protocol = val
        allow?.()
      })
      session.on('exec', (allow, _reject, { command }) => {
        const channel = allow()
        channel.on('error', () => {})
        const work = serve(ports, fingerprint, { command, protocol, signal: gone.signal }, channel)
        work.catch((error) => {
          const refusal = error instanceof AppError ? error.message : 'The server met an error, see its log.'
          if (!(error instanceof AppError) && !gone.signal.aborted) options.onError(error, command)
          finish(channel, 1, refusal)
        })
      })
      session.on('shell', (allow) => finish(allow(), 1, 'There is no shell here: this is for git alone.'))
    })
  })
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    ssh.injectSocket(socket)
  })
  server.maxConnections = options.maxConnections ?? 200
  return {
    listen: ({ host, port }) =>
      new Promise((resolve, reject) => {
        server.once('error', reject)
        server.listen(port, host, () => resolve((server.address() as AddressInfo).port))
      }),
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        for (const socket of sockets) socket.destroy()
      }),
  }
}

interface Asked {
  readonly command: string
  readonly protocol: string | undefined
  readonly signal: AbortSignal
}

async function serve(
  ports: GitSshPorts,
  fingerprint: string,
  { command, protocol, signal }: Asked,
  channel: ssh2.ServerChannel,
): Promise<void> {
  const { service, repository } = readCommand(command)
  const { onPush, ...opened } = await ports.open(fingerprint, repository, service)
  const body = channel as AsyncIterable<Uint8Array>
  const serving = { protocol, signal, ...(onPush === undefined ? {} : { onPush }) }
  for await (const bytes of ports.hosting.converse(opened, service, body, serving)) {
    if (!channel.write(bytes)) await drained(channel)
  }
  finish(channel, 0)
}

/** `git-upload-pack '/ORG/REPO.git'`, as clients of every age write it. */
function readCommand(command: string): { service: GitService; repository: RepositoryName } {
  const [, service, , path = ''] = /^git[- ](upload-pack|receive-pack) (['"]?)(.*)\2$/.exec(command.trim()) ?? []
  const [, organization, name] = /^\/?([^/]+)\/([^/]+?)(?:\.git)?\/?$/.exec(path) ?? []
  if (service === undefined) throw new AppError('bad-request', 'Only git clone, fetch and push are understood here.')
  if (organization === undefined || name === undefined)
    throw new AppError('bad-request', `"${path.slice(0, 200)}" names no repository. Write ORGANISATION/REPOSITORY.git.`)
  return { service: `git-${service}` as GitService, repository: { organization, name } }
}

function drained(channel: ssh2.ServerChannel): Promise<void> {
  return new Promise((resolve) => {
    const go = () => {
      channel.off('drain', go).off('close', go)
      resolve()
    }
    channel.on('drain', go).on('close', go)
  })
}

function finish(channel: ssh2.ServerChannel, status: number, complaint?: string): void {
  if (complaint !== undefined) channel.stderr.write(`${complaint}\n`)
  channel.exit(status)
  channel.end()
}
