import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { FormEvent } from 'react'
import { api } from '../../shared/api.ts'
import { Skeleton, Trouble } from '../../shared/ui.tsx'
import { SetBy } from './set-by.tsx'

/** Time limits, retention and retries of the installation; what organisations and projects have otherwise stands below. */
export function SettingsTab() {
  const queries = useQueryClient()
  const page = useQuery({ queryKey: ['admin', 'settings'], queryFn: api.adminSettings })
  const save = useMutation({
    mutationFn: ({ name, value }: { name: string; value: number | null }) => api.saveSetting(name, value),
    onSettled: () => queries.invalidateQueries({ queryKey: ['admin'] }),
  })
  if (page.isPending) return <Skeleton rows={8} />
  if (page.error) return <Trouble error={page.error} />
  const submit = (name: string) => (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const text = String(new FormData(event.currentTarget).get('value'))
    save.mutate({ name, value: text === '' ? null : Number(text) })
  }
  return (
    <>
      {save.error !== null && (
        <p className="problem" role="alert">
          {save.error.message}
        </p>
      )}
      <section className="card">
        {page.data.settings.map((setting) => (
          <form key={setting.name} className="admin-row setting" onSubmit={submit(setting.name)}>
            <label htmlFor={setting.name}>
              <b>{setting.name}</b>
              <span className="quiet"> {setting.summary}</span>
              <SetBy change={setting.lastChange} />
            </label>
            <span className="setting-value">
              {setting.unit === 'switch' ? (
                <select id={setting.name} name="value" key={setting.value} defaultValue={setting.value}>
                  <option value={1}>yes</option>
                  <option value={0}>no</option>
                </select>
              ) : (
                <>
                  <input
                    id={setting.name}
                    name="value"
                    type="number"
                    key={setting.value}
                    defaultValue={setting.value}
                    min={setting.min}
                    max={setting.max}
                  />
                  <span className="quiet">
                    {setting.unit}
                    {setting.zero !== null && `, 0: ${setting.zero}`}
                  </span>
                </>
              )}
            </span>
            <button type="submit">Save</button>
          </form>
        ))}
      </section>
      {page.data.exceptions.map(({ slug, values, changes }) => (
        <p key={slug} className="row-facts">
          <Link to="/admin" search={{ tab: 'history', of: slug }}>
            <b>{slug}</b>
          </Link>
          {Object.entries(values).map(([name, value]) => (
            <span key={name}>
              {name} {value} <SetBy change={changes[name]} />
            </span>
          ))}
        </p>
      ))}
    </>
  )
}
