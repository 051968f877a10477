import type { Verb } from '../noun.ts'
import { explainConfig } from './explain.ts'
import { packConfig } from './pack.ts'
import { processConfig } from './process.ts'
import { validateConfig } from './validate.ts'

/** What `rondo config` does. */
export const configVerbs: readonly Verb[] = [validateConfig, processConfig, explainConfig, packConfig]
