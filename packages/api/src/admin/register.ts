import type { FastifyInstance } from 'fastify'
import type { Access } from '../access.ts'
import type { Authenticator } from '../authenticate.ts'
import type { WebPorts } from '../ports.ts'
import { createAdminServer } from './admin-server.ts'
import { registerOperations } from './operations.ts'
import { registerQueueAdmin } from './queue.ts'
import { registerSettingsAdmin } from './settings.ts'

/** What administrators see and do; the table stands in the protocol's `pages/admin-views.ts`. */
export function registerAdmin(server: FastifyInstance, ports: WebPorts, auth: Authenticator, access: Access): void {
  const admin = createAdminServer(server, auth)
  registerQueueAdmin(admin, ports, access)
  registerSettingsAdmin(admin, ports, access)
  registerOperations(admin, ports, access)
}
