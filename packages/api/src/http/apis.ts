import type { Principal } from '@rondo/model'
import type { WebOptions } from '../ports.ts'
import type { Api } from './register.ts'
import type { RoutePorts } from './route.ts'
import { v1Routes } from './v1/routes.ts'
import { v2Routes } from './v2/routes.ts'

/** The APIs and all their routes. */
export function apis(ports: RoutePorts, options: WebOptions): readonly Api[] {
  return [
    { bases: ['/api/v2'], escapedSlugs: true, projectTokens: false, routes: v2Routes(ports, options) },
    {
      bases: ['/api/v1.1', '/api/v1'],
      escapedSlugs: false,
      projectTokens: true,
      routes: v1Routes(ports, options),
      headers: (asker) => ({ 'x-circleci-scopes': scopesOf(asker) }),
    },
  ]
}

/** What clients of v1.1 read to know what they may offer. */
function scopesOf(asker: Principal | undefined): string {
  if (asker?.kind !== 'project') return ':write-settings, :view-builds'
  return { status: ':status', 'view-builds': ':view-builds', all: ':write-settings, :view-builds' }[asker.token.scope]
}
