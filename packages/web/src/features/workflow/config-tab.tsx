import { useQuery } from '@tanstack/react-query'
import { api } from '../../shared/api.ts'
import { Skeleton, Trouble } from '../../shared/ui.tsx'

/** What was pushed, and what it became. */
export function ConfigTab({ id }: { readonly id: string }) {
  const config = useQuery({ queryKey: ['config', id], queryFn: () => api.config(id) })
  if (config.isPending) return <Skeleton rows={6} />
  if (config.error) return <Trouble error={config.error} />
  return (
    <div className="two-columns">
      {config.data.setup !== null && (
        <>
          <Code title="Setup config" text={config.data.setup.source} />
          <Code title="Setup config, compiled" text={config.data.setup.compiled} />
        </>
      )}
      <Code title={config.data.setup === null ? 'Source' : 'Continued with'} text={config.data.source} />
      <Code title="Compiled" text={config.data.compiled} />
    </div>
  )
}

function Code({ title, text }: { readonly title: string; readonly text: string }) {
  const lines = text === '' ? [] : text.trimEnd().split('\n')
  return (
    <section className="card">
      <div className="card-head">
        <span className="card-title">{title}</span>
        <span className="quiet number">{lines.length} lines</span>
      </div>
      {lines.length === 0 ? (
        <p className="quiet pad">There is none.</p>
      ) : (
        <div className="code">
          <pre className="line-numbers" aria-hidden="true">
            {lines.map((_, index) => `${index + 1}\n`)}
          </pre>
          <pre>{lines.join('\n')}</pre>
        </div>
      )}
    </section>
  )
}
