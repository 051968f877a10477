import { useNavigate } from '@tanstack/react-router'
import type { FormEvent } from 'react'

/** Shows one branch only: Enter applies, an empty field shows all again. The branch is part of the page's address. */
export function BranchFilter({ value }: { readonly value: string }) {
  const navigate = useNavigate()
  const apply = (branch: string) => void navigate({ to: '.', search: branch === '' ? {} : { branch } })
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    apply(String(new FormData(event.currentTarget).get('branch')).trim())
  }
  return (
    <search className="filter">
      <form onSubmit={submit}>
        <input
          name="branch"
          type="search"
          aria-label="Show one branch only"
          placeholder="Branch"
          defaultValue={value}
          data-search
          onInput={(event) => event.currentTarget.value === '' && value !== '' && apply('')}
        />
      </form>
    </search>
  )
}
