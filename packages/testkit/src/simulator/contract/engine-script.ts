import type { EngineTransaction } from '@rondo/model'
import { Random } from '../random.ts'
import type { EngineStand } from './engine-stand.ts'
import { inOneOrder, RolledBack, settled } from './script-answers.ts'
import { insideOperations } from './script-inside.ts'
import { outsideOperations } from './script-outside.ts'
import { ScriptState } from './script-state.ts'

/**
 * One random sequence of everything the engine's port can do, sense or nonsense, carried out on a store. Two stores that
 * keep the same contract answer alike; ids are replaced by the order of their first appearance and times by their presence.
 */
export async function runEngineScript(stand: EngineStand, seed: number, length: number): Promise<readonly string[]> {
  const random = new Random(seed)
  const script = new Script(new ScriptState(stand, await stand.newHome(), random))
  await script.begin()
  const answers: string[] = []
  for (let index = 0; index < length; index++) {
    stand.tick()
    const name = random.pick(script.operations())
    answers.push(`${name}: ${script.state.show(await settled(() => script.run(name)))}`)
  }
  stand.tick()
  answers.push(...(await script.dump((id) => stand.events(id))))
  return answers
}

class Script {
  readonly state: ScriptState
  readonly #outside: Readonly<Record<string, () => Promise<unknown>>>
  readonly #inside: Readonly<Record<string, (tx: EngineTransaction) => Promise<unknown>>>

  constructor(state: ScriptState) {
    this.state = state
    this.#outside = outsideOperations(state)
    this.#inside = insideOperations(state)
  }

  async begin(): Promise<void> {
    for (const name of ['left', 'right'])
      this.state.agents.push(
        await this.state.engine.saveAgent({
          name: `${name}-${this.state.home.projectId}`,
          executors: ['docker'],
          hostname: '',
          cpus: 4,
          memoryMb: 4096,
        }),
      )
    await this.run('pipeline')
  }

  operations(): readonly string[] {
    return [
      ...Object.keys(this.#outside),
      ...Object.keys(this.#inside),
      'pipeline',
      'enqueue',
      'claim',
      'claim',
      'several',
    ]
  }

  async run(name: string): Promise<unknown> {
    const outside = this.#outside[name]
    if (outside !== undefined) return outside()
    if (name === 'several') return this.#several()
    const inside = this.#inside[name]
    return this.state.engine.transact((tx) => inside!(tx))
  }

  /** A few writes in one transaction, which now and then is rolled back. */
  #several(): Promise<unknown> {
    const names = [1, 2, 3].map(() =>
      this.state.random.pick(Object.keys(this.#inside).filter((name) => name !== 'cache')),
    )
    const fails = this.state.random.chance(0.3)
    const known = [this.state.pipelines.length, this.state.workflows.length, this.state.jobs.length] as const
    return this.state.engine.transact(async (tx) => {
      const answers: unknown[] = []
      for (const name of names) answers.push(await settled(() => this.#inside[name]!(tx)))
      if (!fails) return answers
      this.state.pipelines.length = known[0]
      this.state.workflows.length = known[1]
      this.state.jobs.length = known[2]
      throw new RolledBack('as planned')
    })
  }

  /** Everything that can be read afterwards. */
  async dump(events: (pipelineId: string) => Promise<readonly object[]>): Promise<readonly string[]> {
    const lines: string[] = []
    for (const id of this.state.workflows)
      lines.push(`workflow: ${this.state.show(await this.state.engine.transact((tx) => this.state.snapshot(tx, id)))}`)
    for (const { attemptId } of this.state.attempts)
      lines.push(`attempt: ${this.state.show(await this.state.context(attemptId))}`)
    for (const id of this.state.pipelines) {
      const history: string[] = []
      for (const event of await events(id)) {
        const { kind, organizationId, projectId, pipelineId, workflowId, jobId, data } = event as Record<
          string,
          unknown
        >
        const known = { ...(data as object), waitedMs: 'waitedMs' in ((data as object) ?? {}) }
        const scope = [organizationId, projectId, pipelineId, workflowId, jobId].map((part) => part ?? null)
        history.push(`event: ${this.state.show({ kind, scope, data: known })}`)
      }
      lines.push(...inOneOrder(history))
    }
    return lines
  }
}
