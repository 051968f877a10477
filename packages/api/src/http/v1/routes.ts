import type { WebOptions } from '../../ports.ts'
import type { Route, RoutePorts } from '../route.ts'
import { accountRoutes } from './account.ts'
import { buildListRoutes } from './build-lists.ts'
import { buildRoutes } from './builds.ts'
import { tokenRoutes } from './tokens.ts'

/** Every operation of API v1.1 (reference/api, section 4), as far as it is served. The table of contents. */
export function v1Routes(ports: RoutePorts, options: WebOptions): readonly Route[] {
  return [
    ...accountRoutes(ports, options),
    ...buildListRoutes(ports, options),
    ...buildRoutes(ports, options),
    ...tokenRoutes(ports),
  ]
}
