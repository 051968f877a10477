/** One folder a port of the model, none importing another: what Rondo uses when nothing else is configured. */
export { boxSealer, newBoxKey } from './boxes/box.ts'
export { isNoRoom } from './durable-files.ts'
export { createGitHosting } from './git-hosting/git-hosting.ts'
export type { GitSsh, GitSshOptions, GitSshPorts, OpenRepository } from './git-ssh/git-ssh.ts'
export { createGitSsh } from './git-ssh/git-ssh.ts'
export type { GuardedHttpsOptions } from './guarded-https/guarded-https.ts'
export { createGuardedHttps } from './guarded-https/guarded-https.ts'
export type {
  JobSsh,
  JobSshOptions,
  JobSshPorts,
  SshProgram,
  SshSessionRequest,
  TerminalSize,
} from './job-ssh/job-ssh.ts'
export { openJobSsh } from './job-ssh/job-ssh.ts'
export { newSshKey } from './job-ssh/new-ssh-key.ts'
export { openFileKeyRing, rotateFileKeyRing } from './key-ring-file/key-ring-file.ts'
export { createFileSealer } from './key-ring-file/sealing-key-file.ts'
export { openFileObjects } from './objects-files/objects-files.ts'
export { openFileOutput } from './output-files/output-files.ts'
export { peerIsSandboxed } from './peer-process/peer-process.ts'
export type { EmbeddedPostgres, EmbeddedPostgresOptions } from './postgres-embedded/start.ts'
export { findEmbeddedPostgres, startEmbeddedPostgres } from './postgres-embedded/start.ts'
export type { ProcessIdentity } from './process-lock/process-identity.ts'
export { identifyProcess, parseIdentity, processLives } from './process-lock/process-identity.ts'
export type { LockAnswer } from './process-lock/process-lock.ts'
export { processLockHolder, takeProcessLock } from './process-lock/process-lock.ts'
export { randomId, systemClock } from './system-clock.ts'
export { createFilePublishedKeys } from './token-signer-file/published-keys-file.ts'
export { createFileTokenSigner } from './token-signer-file/token-signer-file.ts'
export { withholdMemory } from './withhold-memory.ts'
