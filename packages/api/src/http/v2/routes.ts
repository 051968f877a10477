import type { WebOptions } from '../../ports.ts'
import { openApiRoute } from '../openapi.ts'
import type { Route, RoutePorts } from '../route.ts'
import { checkoutKeyRoutesV2 } from './checkout-keys.ts'
import { compileConfigRoute } from './compile-config.ts'
import { contextRestrictionRoutes } from './context-restrictions.ts'
import { contextVariableRoutes } from './context-variables.ts'
import { contextRoutes } from './contexts.ts'
import { continuePipelineRoute } from './continue-pipeline.ts'
import { insightRoutes } from './insights.ts'
import { jobRoutes } from './jobs.ts'
import { meRoutes } from './me.ts'
import { organizationRoutes } from './organizations.ts'
import { pipelineRoutes } from './pipelines.ts'
import { projectPipelineRoutes } from './project-pipelines.ts'
import { projectSettingsRoutes } from './project-settings.ts'
import { variableRoutesV2 } from './project-variables.ts'
import { projectRoutes } from './projects.ts'
import { runPipelineRoute } from './run-pipeline.ts'
import { scheduleRoutes } from './schedules.ts'
import { urlOrbRoutes } from './url-orb-allow-list.ts'
import { workflowRoutes } from './workflows.ts'

/** Every operation of API v2 (reference/api, section 3), one file a resource. The table of contents. */
export function v2Routes(ports: RoutePorts, options: WebOptions): readonly Route[] {
  const routes = [
    ...meRoutes(ports),
    ...organizationRoutes(ports, options),
    ...urlOrbRoutes(ports),
    ...projectRoutes(options),
    ...projectSettingsRoutes(ports),
    ...projectPipelineRoutes(ports, options),
    runPipelineRoute(ports),
    ...variableRoutesV2(ports),
    ...checkoutKeyRoutesV2(ports),
    ...scheduleRoutes(ports),
    ...insightRoutes(ports),
    ...pipelineRoutes(ports, options),
    continuePipelineRoute(ports),
    ...workflowRoutes(ports),
    ...jobRoutes(ports, options),
    ...contextRoutes(ports),
    ...contextVariableRoutes(ports),
    ...contextRestrictionRoutes(ports),
    compileConfigRoute(ports),
  ]
  return [...routes, openApiRoute(routes, options)]
}
