import { Type } from 'typebox'
import { compileForPeople } from '../../compile-for-people.ts'
import { type Route, type RoutePorts, route } from '../route.ts'
import { Nullable, Parameters } from '../shapes.ts'
import { oneself } from '../subjects.ts'

const Values = Type.Record(Type.String(), Type.Unknown(), { maxProperties: 1_000 })

/** What `circleci config validate` and `process` ask; they first post nothing, and take a refusal for a welcome. */
export function compileConfigRoute(ports: Pick<RoutePorts, 'access' | 'compiler' | 'secrets'>): Route {
  return route({
    method: 'POST',
    path: '/compile-config-with-defaults',
    summary: 'Compiles a config without running it.',
    subject: oneself,
    right: 'view',
    body: Type.Object({
      config_yaml: Type.String({ maxLength: 4_000_000 }),
      options: Type.Optional(
        Nullable(
          Type.Object({
            owner_id: Type.Optional(Nullable(Type.String())),
            owner_slug: Type.Optional(Nullable(Type.String())),
            pipeline_parameters: Type.Optional(Nullable(Parameters)),
            pipeline_values: Type.Optional(Nullable(Values)),
            next: Type.Optional(Nullable(Type.Boolean())),
          }),
        ),
      ),
    }),
    answer: Type.Object({
      valid: Type.Boolean(),
      'source-yaml': Type.String(),
      'output-yaml': Type.String(),
      errors: Type.Array(Type.Object({ message: Type.String() })),
      warnings: Type.Array(Type.Object({ message: Type.String() })),
    }),
    handle: async ({ asker, signal, body: { config_yaml: source, options } }) => {
      const reply = await compileForPeople(ports, asker, {
        source,
        owner: options?.owner_id || options?.owner_slug || '',
        values: options?.pipeline_values ?? {},
        parameters: options?.pipeline_parameters ?? {},
        signal,
      })
      return {
        valid: reply.valid,
        'source-yaml': reply.sourceYaml,
        'output-yaml': reply.outputYaml,
        errors: [...reply.errors],
        warnings: [...reply.warnings],
      }
    },
  })
}
