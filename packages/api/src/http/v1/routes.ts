import type { WebOptions } from '../../ports.ts'
import type { Route, RoutePorts } from '../route.ts'
import { accountRoutes } from './account.ts'
import { buildListRoutes } from './build-lists.ts'
import { buildRoutes } from './builds.ts'
import { checkoutKeyRoutesV1 } from './checkout-keys.ts'
import { followRoutes } from './follow.ts'
import { sshKeyRoutes } from './ssh-keys.ts'
import { tokenRoutes } from './tokens.ts'
import { triggerBuildRoutes } from './trigger-builds.ts'
import { variableRoutesV1 } from './variables.ts'

/** Every operation of API v1.1 (reference/api, section 4), as far as it is served. The table of contents. */
export function v1Routes(ports: RoutePorts, options: WebOptions): readonly Route[] {
  return [
    ...accountRoutes(ports, options),
    ...followRoutes(ports),
    ...buildListRoutes(ports, options),
    ...buildRoutes(ports, options),
    ...triggerBuildRoutes(ports, options),
    ...variableRoutesV1(ports),
    ...checkoutKeyRoutesV1(ports),
    ...sshKeyRoutes(ports),
    ...tokenRoutes(ports),
  ]
}
