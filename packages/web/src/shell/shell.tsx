import { useQuery } from '@tanstack/react-query'
import { Link, Outlet } from '@tanstack/react-router'
import { useState } from 'react'
import { SignIn } from '../features/session/sign-in.tsx'
import { ApiError, api } from '../shared/api.ts'
import { useShortcuts } from '../shared/shortcuts.ts'
import { Mark, Skeleton, Trouble } from '../shared/ui.tsx'
import { LiveContext } from '../shared/use-live.ts'
import { KeyHelp } from './key-help.tsx'
import { ProjectMenu } from './project-menu.tsx'
import { MenuButton, SignOut, ThemeButton } from './top-buttons.tsx'
import { useConnection } from './use-connection.ts'
import './shell.css'

/** The frame of every page: who is signed in, the projects, and the live connection. */
export function Shell() {
  const session = useQuery({ queryKey: ['session'], queryFn: api.session, staleTime: 60_000 })
  if (session.isPending) return <Skeleton rows={3} />
  if (session.error instanceof ApiError && session.error.status === 401) return <SignIn />
  if (session.error) return <Trouble error={session.error} />
  return <SignedIn login={session.data.user.login} admin={session.data.user.admin} />
}

function SignedIn({ login, admin }: { readonly login: string; readonly admin: boolean }) {
  const live = useConnection()
  const [menu, setMenu] = useState(false)
  const [help, setHelp] = useState(false)
  useShortcuts(setHelp)
  return (
    <LiveContext value={live.connection}>
      <header className="top">
        <MenuButton open={menu} toggle={() => setMenu(!menu)} />
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
        <ProjectMenu admin={admin} open={menu} close={() => setMenu(false)} showKeys={() => setHelp(true)} />
        <main>
          <Outlet />
        </main>
      </div>
      <KeyHelp open={help} close={() => setHelp(false)} />
    </LiveContext>
  )
}
