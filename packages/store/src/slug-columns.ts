import { raw } from 'sql-template-tag'

/** Slugs as API v2 prints them, of `organizations o` and `projects p`. */
const vcs = `(case o.vcs_type when 'github' then 'gh' when 'bitbucket' then 'bb' else o.vcs_type end)`
export const orgSlug = raw(`${vcs} || '/' || o.name`)
export const projectSlugColumn = raw(`${vcs} || '/' || o.name || '/' || p.name`)
