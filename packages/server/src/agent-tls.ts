import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { AppError } from '@rondo/model'
import type { ServerEnv } from './env.ts'

/** What the agents' port proves itself with; undefined for plain HTTP. AppError `bad-request` names the file that cannot be used. */
export function openAgentTls({
  agentTls,
}: Pick<ServerEnv, 'agentTls'>): { readonly cert: Buffer; readonly key: Buffer } | undefined {
  if (agentTls === undefined) return undefined
  const opened = {
    cert: read('RONDO_AGENT_TLS_CERT', agentTls.certFile),
    key: read('RONDO_AGENT_TLS_KEY', agentTls.keyFile),
  }
  try {
    createSecureContext(opened)
  } catch (cause) {
    throw new AppError(
      'bad-request',
      `${agentTls.certFile} and ${agentTls.keyFile} are no certificate with its key: ${(cause as Error).message}. Set RONDO_AGENT_TLS_CERT and RONDO_AGENT_TLS_KEY to files in PEM that belong together.`,
      { cause },
    )
  }
  return opened
}

function read(variable: string, file: string): Buffer {
  try {
    return readFileSync(file)
  } catch (cause) {
    throw new AppError('bad-request', `${variable} names ${file}, which cannot be read.`, { cause })
  }
}
