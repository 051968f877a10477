import { backgroundEnd } from '@rondo/model'
import type { StepView } from '@rondo/protocol'
import { useState } from 'react'
import { span } from '../../shared/time.ts'
import { StatusIcon } from '../../shared/ui.tsx'
import { endsOnTheWay } from './ends-on-the-way.ts'
import { opensByItself } from './opens-by-itself.ts'
import { StepOutput } from './step-output.tsx'
import './step-list.css'

/** Nobody needs to hear of output that is on its way for less than this. */
const slowMs = 2_000

/** Steps in order; what runs and what failed is open from the start, all else opens with a click. */
export function StepList({ steps, now }: { readonly steps: readonly StepView[]; readonly now: number }) {
  const [chosen, setChosen] = useState<ReadonlyMap<string, boolean>>(new Map())
  if (steps.length === 0) return <p className="quiet pad">The job has not started yet.</p>
  const onTheWay = endsOnTheWay(steps)
  return (
    <div className="steps">
      {steps.map((step) => {
        const ended = onTheWay.get(step.id)
        const beside = backgroundEnd(step)
        const open = chosen.get(step.id) ?? opensByItself(step)
        return (
          <section key={step.id} className="step" id={`step-${step.index}`}>
            <button
              type="button"
              className="step-head"
              aria-expanded={open}
              data-nav
              onClick={() => setChosen(new Map(chosen).set(step.id, !open))}
            >
              <svg
                className="chevron"
                width="12"
                height="12"
                viewBox="0 0 12 12"
                fill="none"
                stroke="currentColor"
                strokeWidth="1.6"
                aria-hidden="true"
              >
                <path d="M4 2.5L8 6l-4 3.5" />
              </svg>
              <StatusIcon status={beside === undefined ? (step.result ?? step.phase) : 'ended'} size={16} />
              <span className="step-name">{step.name}</span>
              {step.background && <span className="quiet step-remark">{beside ?? 'background'}</span>}
              {step.reruns > 0 && (
                <span className="quiet step-remark">
                  run again {step.reruns === 1 ? 'once' : `${step.reruns} times`}
                </span>
              )}
              {step.exitCode !== null && step.exitCode !== 0 && beside === undefined && (
                <span className="tone-bad">exit {step.exitCode}</span>
              )}
              <span className="quiet number">{span(step.startedAt, step.finishedAt ?? ended ?? null, now)}</span>
            </button>
            {ended !== undefined && now - Date.parse(ended) >= slowMs && (
              <div className="output-note">The step has ended; its last output is on the way.</div>
            )}
            {open && <StepOutput step={step} />}
          </section>
        )
      })}
    </div>
  )
}
