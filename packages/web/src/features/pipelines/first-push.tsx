import { useQuery } from '@tanstack/react-query'
import { api } from '../../shared/api.ts'

/** What an empty list says: how the first pipeline comes about. */
export function FirstPush({ project }: { readonly project: string | undefined }) {
  const session = useQuery({ queryKey: ['session'], queryFn: api.session, staleTime: 60_000 })
  const [, organization, repository] = project?.split('/') ?? []
  const owner = organization ?? session.data?.organizations[0]?.name ?? 'ORG'
  const address = `${location.origin}/git/${owner}/${repository ?? 'REPO'}.git`
  return (
    <section className="empty">
      <h2>No pipelines yet</h2>
      <p>
        Every push of a repository with a <code>.circleci/config.yml</code> makes one. Git asks for a password: give it
        an API token.
      </p>
      <pre>
        git remote add rondo {address}
        {'\n'}git push rondo HEAD:main
      </pre>
    </section>
  )
}
