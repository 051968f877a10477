/** What may stand after the `?` of a page's address: the state of its view, so that a link shows what its sender saw. */
type Search = Readonly<Record<string, unknown>>

export interface ListSearch {
  readonly branch?: string
  readonly view?: 'history'
}

export interface PipelineSearch {
  readonly view?: 'workflows' | 'config' | 'history'
}

export interface JobSearch {
  readonly tab?: 'steps' | 'tests' | 'artifacts' | 'resources'
  readonly slice?: number | undefined
}

export interface AdminSearch {
  readonly tab?: 'queue' | 'agents' | 'settings' | 'history' | 'retention' | 'health'
  /** Whose history: `gh/ORG` or `gh/ORG/REPO`; everything without it. */
  readonly of?: string
}

export function adminSearch(search: Search): AdminSearch {
  const { tab, of } = search
  if (tab === 'history') return typeof of === 'string' && of !== '' ? { tab, of } : { tab }
  return tab === 'agents' || tab === 'settings' || tab === 'retention' || tab === 'health' ? { tab } : {}
}

export function listSearch(search: Search): ListSearch {
  if (search.view === 'history') return { view: 'history' }
  return typeof search.branch === 'string' && search.branch !== '' ? { branch: search.branch } : {}
}

export function pipelineSearch(search: Search): PipelineSearch {
  return search.view === 'config' || search.view === 'history' ? { view: search.view } : {}
}

export function jobSearch(search: Search): JobSearch {
  return {
    ...(search.tab === 'tests' || search.tab === 'artifacts' || search.tab === 'resources' ? { tab: search.tab } : {}),
    ...(typeof search.slice === 'number' && Number.isInteger(search.slice) ? { slice: search.slice } : {}),
  }
}
