import { setTimeout as sleep } from 'node:timers/promises'
import type { Shape } from './answer-shape.ts'
import { type GraphqlClient, ServerTrouble } from './graphql-client.ts'

/** Asks again, up to three times, where a server is not there or not well; a refusal is an answer. */
export function persistentClient(client: GraphqlClient, pauseMs = 1_000): GraphqlClient {
  return {
    url: client.url,
    async ask<Data>(query: string, variables: Readonly<Record<string, unknown>>, data: Shape<Data>) {
      for (let attempt = 0; ; attempt++) {
        try {
          return await client.ask(query, variables, data)
        } catch (error) {
          if (!(error instanceof ServerTrouble) || attempt === 3) throw error
          await sleep(pauseMs * 2 ** attempt)
        }
      }
    },
  }
}
