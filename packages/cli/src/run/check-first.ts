import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkRun } from '@rondo/conductor'
import { approvalsOf, type RunOptions } from './options.ts'
import { repositoryNames } from './target.ts'
import { repositoryNameOf, type WorkingTree } from './working-tree.ts'

const file = '.circleci/config.yml'

export interface Findings {
  /** What is wrong with the config; undefined when nothing is, or when only a server can tell. */
  readonly mistakes: string | undefined
  /** What would run and cannot pass, a line for each. */
  readonly warnings: readonly string[]
}

/** What can be said of the config of a folder before a server is started for it. */
export async function checkFirst(tree: WorkingTree, options: RunOptions): Promise<Findings> {
  const { only, withRequired, parameters, contexts } = options
  const { errors, warnings } = await checkRun({
    source: readFileSync(join(tree.root, file), 'utf8'),
    file,
    git: {
      ...tree.commit,
      revision: tree.revision,
      branch: null,
      asBranch: options.branch ?? tree.branch,
      tag: null,
      calledAs: repositoryNames(tree),
    },
    project: {
      vcsType: 'github',
      organizationName: 'local',
      name: repositoryNameOf(tree.root),
      // As its project on this user's own server has it.
      defaultBranch: 'main',
    },
    parameters,
    contexts: [...contexts.keys()],
    ...(only === undefined ? {} : { only: { name: only, withRequired } }),
    ...approvalsOf(options),
    now: new Date(),
  })
  const mistakes = errors.length === 0 ? undefined : errors.map((error) => error.message).join('\n\n')
  return { mistakes, warnings }
}
