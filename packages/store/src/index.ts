/**
 * Everything Rondo remembers, in PostgreSQL: plain SQL beside the records it makes, and forward-only migrations.
 * It decides nothing; the conductor does, through the ports of the model.
 */

export type { Store, StoreOptions } from './store.ts'
export { createStore } from './store.ts'
