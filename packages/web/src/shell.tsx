import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, Outlet, useParams } from '@tanstack/react-router'
import { useEffect, useState } from 'react'
import { SignIn } from './features/session/sign-in.tsx'
import { ApiError, api } from './shared/api.ts'
import { createLive, type Live } from './shared/live.ts'
import { applyTheme, currentTheme } from './shared/theme.ts'
import { Mark, Skeleton, Trouble } from './shared/ui.tsx'
import { LiveContext } from './shared/use-live.ts'

/** The frame of every page: who is signed in, the projects, and the live connection. */
export function Shell() {
  const session = useQuery({ queryKey: ['session'], queryFn: api.session, staleTime: 60_000 })
  if (session.isPending) return <Skeleton rows={3} />
  if (session.error instanceof ApiError && session.error.status === 401) return <SignIn />
  if (session.error) return <Trouble error={session.error} />
  return <SignedIn login={session.data.user.login} />
}

function SignedIn({ login }: { readonly login: string }) {
  const live = useConnection()
  const [menu, setMenu] = useState(false)
  return (
    <LiveContext value={live.connection}>
      <header className="top">
        <button
          type="button"
          className="menu-button"
          aria-label="Projects"
          aria-expanded={menu}
          onClick={() => setMenu(!menu)}
        >
          <svg
            width="18"
            height="18"
            viewBox="0 0 16 16"
            stroke="currentColor"
            strokeWidth="1.6"
            strokeLinecap="round"
            aria-hidden="true"
          >
            <path d="M2.5 4.5h11M2.5 8h11M2.5 11.5h11" />
          </svg>
        </button>
        <Link to="/" className="brand">
          <Mark />
          Rondo
        </Link>
        <span className="spring" />
        <ThemeButton />
        <SignOut login={login} />
      </header>
      {!live.connected && (
        <div className="banner" role="status">
          The connection to the server is lost. Trying to come back …
        </div>
      )}
      <div className="frame">
        <Projects open={menu} close={() => setMenu(false)} />
        <main>
          <Outlet />
        </main>
      </div>
    </LiveContext>
  )
}

function useConnection(): { connection: Live | undefined; connected: boolean } {
  const [connection, setConnection] = useState<Live>()
  const [connected, setConnected] = useState(true)
  const queries = useQueryClient()
  useEffect(() => {
    const live = createLive({ connect: () => new WebSocket(`${location.origin.replace('http', 'ws')}/live`) })
    setConnection(live)
    const stop = live.onState((state) => {
      setConnected(state)
      if (state) void queries.invalidateQueries()
    })
    return () => {
      stop()
      live.close()
    }
  }, [queries])
  return { connection, connected }
}

function Projects({ open, close }: { readonly open: boolean; readonly close: () => void }) {
  const projects = useQuery({ queryKey: ['projects'], queryFn: api.projects })
  const { org, repo } = useParams({ strict: false })
  return (
    <nav
      className={open ? 'side open' : 'side'}
      aria-label="Projects"
      onClick={close}
      onKeyUp={(event) => event.key === 'Escape' && close()}
    >
      <Link to="/" className="side-link" activeOptions={{ exact: true }}>
        All pipelines
      </Link>
      <h2>Projects</h2>
      {projects.data?.projects.map((project) => (
        <Link
          key={project.id}
          to="/project/$vcs/$org/$repo"
          params={{ vcs: 'gh', org: project.organizationName, repo: project.name }}
          className={project.organizationName === org && project.name === repo ? 'side-link active' : 'side-link'}
        >
          <span className="quiet">{project.organizationName}/</span>
          {project.name}
        </Link>
      ))}
    </nav>
  )
}

function ThemeButton() {
  const [theme, setTheme] = useState(currentTheme)
  const next = { system: 'light', light: 'dark', dark: 'system' } as const
  const words = { system: 'Scheme: as the system', light: 'Scheme: light', dark: 'Scheme: dark' }
  const change = () => {
    applyTheme(next[theme])
    setTheme(next[theme])
  }
  return (
    <button type="button" className="quiet-button" title={words[theme]} aria-label={words[theme]} onClick={change}>
      <svg
        width="16"
        height="16"
        viewBox="0 0 16 16"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        aria-hidden="true"
      >
        <circle cx="8" cy="8" r="5.5" />
        <path
          d={theme === 'light' ? '' : 'M8 2.5v11a5.5 5.5 0 0 0 0-11z'}
          fill={theme === 'dark' ? 'currentColor' : 'none'}
        />
      </svg>
    </button>
  )
}

function SignOut({ login }: { readonly login: string }) {
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
