import type { WebOptions } from '../ports.ts'
import type { Api } from './register.ts'
import type { RoutePorts } from './route.ts'
import { v1Routes } from './v1/routes.ts'
import { v2Routes } from './v2/routes.ts'

/** The APIs and all their routes. */
export function apis(ports: RoutePorts, options: WebOptions): readonly Api[] {
  return [
    { bases: ['/api/v2'], escapedSlugs: true, routes: v2Routes(ports, options) },
    {
      bases: ['/api/v1.1', '/api/v1'],
      escapedSlugs: false,
      routes: v1Routes(ports, options),
      headers: () => ({ 'x-circleci-scopes': ':write-settings, :view-builds' }),
    },
  ]
}
