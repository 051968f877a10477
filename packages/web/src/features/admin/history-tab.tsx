import { useNavigate } from '@tanstack/react-router'
import type { FormEvent } from 'react'
import { ChangeList } from '../../shared/change-list.tsx'

/** Who limited, blocked, promoted, set and made what, and when: everywhere, in an organisation, or in a project. */
export function HistoryTab({ of }: { readonly of: string }) {
  const navigate = useNavigate()
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const chosen = String(new FormData(event.currentTarget).get('of')).trim()
    void navigate({ to: '/admin', search: { tab: 'history', ...(chosen === '' ? {} : { of: chosen }) }, replace: true })
  }
  return (
    <>
      <form className="actions admin-actions" onSubmit={submit}>
        <input
          key={of}
          name="of"
          defaultValue={of}
          placeholder="everything; or gh/ORG, gh/ORG/REPO"
          aria-label="Organization or project"
          className="history-of"
        />
        <button type="submit">Show</button>
      </form>
      <ChangeList of={of} />
    </>
  )
}
