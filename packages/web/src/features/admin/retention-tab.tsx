import { useQuery } from '@tanstack/react-query'
import { api } from '../../shared/api.ts'
import { size } from '../../shared/size.ts'
import { Skeleton, Trouble } from '../../shared/ui.tsx'

/** What the retention policy would take now; the server takes it by itself. */
export function RetentionTab() {
  const due = useQuery({ queryKey: ['admin', 'retention'], queryFn: api.adminRetention })
  if (due.isPending) return <Skeleton rows={4} />
  if (due.error) return <Trouble error={due.error} />
  const { items, total } = due.data
  if (items.length === 0) return <p className="quiet pad">Nothing is older than it is kept for.</p>
  return (
    <section className="card">
      <div className="card-head">
        <span className="card-title">
          {total.count} things, {size(total.bytes)}
        </span>
        <span className="quiet">go with the next round</span>
      </div>
      {items.map((item) => (
        <div key={`${item.project}/${item.kind}`} className="admin-row">
          <span>{item.project}</span>
          <span className="quiet">
            {item.kind}, kept for {item.days} days
          </span>
          <span className="quiet number">
            {item.count} · {size(item.bytes)}
          </span>
        </div>
      ))}
    </section>
  )
}
