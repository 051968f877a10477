/** The attempt a thing on the engine was made for. */
export const attemptLabel = 'rondo.attempt'
/** The agent a thing belongs to, by its data folder: several may share an engine. */
export const ownerLabel = 'rondo.agent'
