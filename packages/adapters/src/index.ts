/** One folder a port of the model, none importing another: what Rondo uses when nothing else is configured. */
export { createGitHosting } from './git-hosting/git-hosting.ts'
export { openFileKeyRing, rotateFileKeyRing } from './key-ring-file/key-ring-file.ts'
export { openFileObjects } from './objects-files/objects-files.ts'
export { openFileOutput } from './output-files/output-files.ts'
export type { EmbeddedPostgres, EmbeddedPostgresOptions } from './postgres-embedded/start.ts'
export { startEmbeddedPostgres } from './postgres-embedded/start.ts'
export { randomId, systemClock } from './system-clock.ts'
