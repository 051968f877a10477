import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { limitOn, nextLine, type QueueLine, type QueueView, type RunningTasks, withOneMore } from './run-queue.ts'

const machine = { cpus: 8, memoryMb: 16_384 }
const room = { free: machine, machine, patientUntil: 0 }

describe('whose turn it is', () => {
  test.each<{ what: string; lines: readonly QueueLine[]; running?: readonly RunningTasks[]; next: string | undefined }>(
    [
      { what: 'nobody waits', lines: [], next: undefined },
      {
        what: 'of two that use nothing, who waits longest',
        lines: [line('new', { since: 20 }), line('old', { since: 10 })],
        next: 'old',
      },
      {
        what: 'an organisation that uses less, though it came later',
        lines: [line('busy', { organizationId: 'a', since: 10 }), line('quiet', { organizationId: 'b', since: 99 })],
        running: [running('a', 'a1', 4)],
        next: 'quiet',
      },
      {
        what: 'in an organisation the project that uses less',
        lines: [line('busy', { projectId: 'p1', since: 10 }), line('quiet', { projectId: 'p2', since: 99 })],
        running: [running('a', 'p1', 4)],
        next: 'quiet',
      },
      {
        what: 'what does not fit is passed over',
        lines: [line('large', { cpus: 6, since: 10 }), line('small', { since: 20 })].map((one) => one),
        running: [],
        next: 'large',
      },
      {
        what: 'what somebody put before all others',
        lines: [line('first', { since: 1 }), line('promoted', { since: 50, promoted: true })],
        next: 'promoted',
      },
    ],
  )('$what', ({ lines, running: tasks = [], next }) => {
    expect(nextLine({ lines, running: tasks, limits: [] }, room)?.line.taskId).toBe(next)
  })

  test('where shares differ, what was given lately counts for its share, and nobody is left out', () => {
    const lines = [line('much', { projectId: 'p1', since: 10 }), line('little', { projectId: 'p2', since: 5 })]
    const shares = [
      { organizationId: 'a', projectId: 'p1', share: 300 },
      { organizationId: 'a', projectId: 'p2', share: 100 },
    ]
    let view: QueueView = { lines, running: [], limits: [], shares, given: [] }
    const turns = Array.from({ length: 8 }, () => {
      const next = nextLine(view, room)!.line
      // Each ends before the next one is asked for: a machine with room for one.
      view = { ...withOneMore(view, next), running: [] }
      return next.taskId
    })

    expect(turns.filter((turn) => turn === 'much')).toHaveLength(6)
    expect(new Set(turns.slice(0, 2))).toEqual(new Set(['much', 'little']))
  })

  test.each([1, 10_000])(
    'an organisation that was given nothing lately comes first, whatever its share (%i)',
    (share) => {
      const view: QueueView = {
        lines: [line('busy', { organizationId: 'a', since: 1 }), line('quiet', { organizationId: 'b', since: 99 })],
        running: [],
        limits: [],
        shares: [
          { organizationId: 'a', projectId: null, share: 10_000 },
          { organizationId: 'b', projectId: null, share },
        ],
        given: [running('a', 'a1', 1)],
      }

      expect(nextLine(view, room)?.line.taskId).toBe('quiet')
    },
  )

  test('a class without room holds up no other class', () => {
    const view = {
      lines: [line('large', { cpus: 6, since: 1 }), line('small', { since: 20 })],
      running: [],
      limits: [],
    }

    expect(nextLine(view, { ...room, free: { cpus: 2, memoryMb: 4096 } })?.line.taskId).toBe('small')
  })

  test('after a while room is made for what never fits beside the others', () => {
    const view = {
      lines: [line('large', { cpus: 6, since: 1 }), line('small', { since: 20 })],
      running: [],
      limits: [],
    }

    const next = nextLine(view, { machine, free: { cpus: 2, memoryMb: 4096 }, patientUntil: 10 })

    expect([next?.line.taskId, next?.action]).toEqual(['large', 'hold'])
  })

  test('a class larger than the machine counts as the whole machine', () => {
    const view = { lines: [line('huge', { cpus: 64, memoryMb: 999_999 })], running: [], limits: [] }

    expect(nextLine(view, room)?.action).toBe('take')
  })
})

describe('limits', () => {
  const full = [running('a', 'p1', 2, 'large'), running('a', 'p2', 2)]
  test.each<[string, Partial<QueueView['limits'][number]>, boolean]>([
    ['of the installation', { maxTasks: 2 }, true],
    ['of the installation, not reached', { maxTasks: 3 }, false],
    ['of the organisation', { organizationId: 'a', maxTasks: 2 }, true],
    ['of another organisation', { organizationId: 'b', maxTasks: 0 }, false],
    ['of the project', { organizationId: 'a', projectId: 'p1', maxTasks: 1 }, true],
    ['of another project', { organizationId: 'a', projectId: 'p2', maxTasks: 1 }, false],
    ['of a class', { resourceClass: 'large', maxTasks: 1 }, false],
    ['of its class', { resourceClass: 'medium', maxTasks: 1 }, true],
    ['of its class, not reached', { resourceClass: 'medium', maxTasks: 2 }, false],
    ['none at all: new work is blocked', { maxTasks: 0 }, true],
  ])('%s', (_what, parts, holds) => {
    const limit = { id: 'l', organizationId: null, projectId: null, resourceClass: null, maxTasks: 1, ...parts }

    const found = limitOn(line('x', { projectId: 'p1' }), { running: full, limits: [limit] })

    expect(found).toEqual(holds ? limit : undefined)
  })

  test('do not hold what was promoted', () => {
    const limits = [{ id: 'l', organizationId: null, projectId: null, resourceClass: null, maxTasks: 0 }]

    expect(nextLine({ lines: [line('x', { promoted: true })], running: [], limits }, room)?.action).toBe('take')
    expect(nextLine({ lines: [line('x')], running: [], limits }, room)).toBeUndefined()
  })
})

test('whoever waits, gets as much as the others: shares never differ by more than one task', () => {
  fc.assert(
    fc.property(fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 2, maxLength: 5 }), (waiting) => {
      const left = [...waiting]
      const started = waiting.map(() => 0)
      let view: QueueView = { lines: [], running: [], limits: [] }
      const everybodyWaits = () => left.every((count) => count > 0)
      while (everybodyWaits()) {
        view = {
          ...view,
          lines: left.map((_count, index) => line(`t${index}`, { organizationId: `o${index}`, since: index })),
        }
        const { line: next } = nextLine(view, { ...room, free: { cpus: 1e9, memoryMb: 1e9 } })!
        const index = Number(next.taskId.slice(1))
        started[index]!++
        left[index]!--
        view = withOneMore(view, next)
      }
      expect(Math.max(...started) - Math.min(...started)).toBeLessThanOrEqual(1)
    }),
  )
})

function line(taskId: string, parts: Partial<QueueLine> = {}): QueueLine {
  return {
    taskId,
    organizationId: 'a',
    projectId: 'p1',
    executor: 'docker',
    resourceClass: 'medium',
    cpus: 2,
    memoryMb: 4096,
    promoted: false,
    since: 1,
    ...parts,
  }
}

function running(organizationId: string, projectId: string, cpus: number, resourceClass = 'medium'): RunningTasks {
  return { organizationId, projectId, resourceClass, tasks: 1, cpus }
}
