import type Docker from 'dockerode'

/** Words of engines for what somebody outside asked for; Docker and Podman have each their own. */
const askedFor = new Set(['kill', 'stop', 'destroy', 'remove'])
const over = new Set(['die', 'died'])

/**
 * Whether the engine saw a container end that nobody had asked it to end. An engine remembers its last few hundred events,
 * and none after a restart: where it saw no end, somebody else's doing is not ruled out, and the answer is no.
 */
export async function endedByItself(docker: Docker, container: Docker.ContainerInspectInfo): Promise<boolean> {
  try {
    const seen = await eventsOf(docker, container)
    return seen.some((event) => over.has(event)) && !seen.some((event) => askedFor.has(event))
  } catch {
    return false
  }
}

async function eventsOf(docker: Docker, { Id, State }: Docker.ContainerInspectInfo): Promise<readonly string[]> {
  const since = Math.floor(Date.parse(State.StartedAt) / 1000)
  // The engine's clock may be ahead of this one; the answer ends at once all the same.
  const until = Math.ceil(Date.parse(State.FinishedAt) / 1000) + 1
  const stream = await docker.getEvents({ since, until, filters: { container: [Id] } })
  let text = ''
  for await (const bytes of stream) text += bytes
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { readonly Action: string }).Action)
}
