import type { RuntimeVersions } from './runtime-faults.ts'

/** How `host.docker.internal` is written when a container is made: in the engine's own word, or as an address. */
export type HostGateway = (network: { readonly gateway: string | undefined }) => string

/**
 * Engines put the machine's address where `host-gateway` stands. Podman before 4.7 takes that word for the address itself;
 * there it is what the jobs' network has as its gateway, which is the machine.
 */
export function hostGatewayOf({ engine }: Pick<RuntimeVersions, 'engine'>): HostGateway {
  const [, major = 0, minor = 0] = /^podman (\d+)\.(\d+)/.exec(engine)?.map(Number) ?? []
  const knowsTheWord = major === 0 || major > 4 || (major === 4 && minor >= 7)
  return ({ gateway }) => (knowsTheWord ? 'host-gateway' : (gateway ?? 'host-gateway'))
}
