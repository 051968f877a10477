import { useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import { api } from '../shared/api.ts'
import { applyTheme, currentTheme } from '../shared/theme.ts'

export function MenuButton({ open, toggle }: { readonly open: boolean; readonly toggle: () => void }) {
  return (
    <button type="button" className="menu-button" aria-label="Projects" aria-expanded={open} onClick={toggle}>
      <svg width="18" height="18" viewBox="0 0 16 16" stroke="currentColor" strokeWidth="1.6" aria-hidden="true">
        <path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11" strokeLinecap="round" />
      </svg>
    </button>
  )
}

const nextTheme = { system: 'light', light: 'dark', dark: 'system' } as const
const themeWords = { system: 'Scheme: as the system', light: 'Scheme: light', dark: 'Scheme: dark' }

export function ThemeButton() {
  const [theme, setTheme] = useState(currentTheme)
  const change = () => {
    applyTheme(nextTheme[theme])
    setTheme(nextTheme[theme])
  }
  const words = themeWords[theme]
  return (
    <button type="button" className="quiet-button" title={words} aria-label={words} onClick={change}>
      <svg width="16" height="16" viewBox="0 0 16 16" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
        <circle cx="8" cy="8" r="5.5" fill="none" />
        <path
          d={theme === 'light' ? '' : 'M8 2.5v11a5.5 5.5 0 0 0 0-11z'}
          fill={theme === 'dark' ? 'currentColor' : 'none'}
        />
      </svg>
    </button>
  )
}

export function SignOut({ login }: { readonly login: string }) {
  const queries = useQueryClient()
  const leave = async () => {
    await api.signOut()
    queries.clear()
    location.assign('/')
  }
  return (
    <button type="button" className="quiet-button" onClick={() => void leave()} title="Sign out">
      {login} · Sign out
    </button>
  )
}
