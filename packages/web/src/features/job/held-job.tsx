import type { SliceView } from '@rondo/protocol'
import { lazy, Suspense, useState } from 'react'
import { api } from '../../shared/api.ts'
import { duration } from '../../shared/time.ts'
import { useNow } from '../../shared/use-live.ts'
import { failedStep } from './failed-step.ts'
import './held-job.css'

const HeldShell = lazy(async () => ({ default: (await import('./held-shell.tsx')).HeldShell }))

/** What can be done in the environment of a failed job while it stays: a shell, the failed step again, what comes after it. */
export function HeldJob({ jobId, slice }: { readonly jobId: string; readonly slice: SliceView }) {
  const now = useNow(true)
  const [shown, setShown] = useState<'nothing' | 'shell' | 'command'>('nothing')
  const [refusal, setRefusal] = useState<string>()
  const failed = failedStep(slice.steps)
  const order = (...orders: Parameters<typeof api.orderInHold>[2]) => {
    setRefusal(undefined)
    api.orderInHold(jobId, slice.index, orders).catch((error) => setRefusal(String(error.message)))
  }
  const left = Date.parse(slice.heldUntil ?? '') - now
  if (!(left > 0)) return null
  return (
    <section className="held" aria-label="Environment of the failed job">
      <div className="held-head">
        <strong>Its environment stays</strong>
        <span className="quiet number" role="timer">
          {duration(left)} left
        </span>
        <span className="spring" />
        <button
          type="button"
          aria-pressed={shown === 'shell'}
          onClick={() => setShown(shown === 'shell' ? 'nothing' : 'shell')}
        >
          Shell
        </button>
        {failed?.type === 'run' && (
          <button
            type="button"
            aria-pressed={shown === 'command'}
            onClick={() => setShown(shown === 'command' ? 'nothing' : 'command')}
          >
            Run the step again
          </button>
        )}
        <button type="button" onClick={() => order({ type: 'continue' })}>
          Continue after it
        </button>
        <button type="button" onClick={() => order({ type: 'release' })}>
          Release now
        </button>
      </div>
      <p className="quiet">
        What you do here is recorded as steps of this job, with secrets masked. The job stays failed whatever comes of
        it.
      </p>
      {refusal !== undefined && <p className="error-text">{refusal}</p>}
      {shown === 'command' && failed !== undefined && (
        <EditedCommand command={failed.command ?? ''} run={(command) => order({ type: 'run', command })} />
      )}
      {shown === 'shell' && (
        <Suspense fallback={<p className="quiet">Opening…</p>}>
          <HeldShell jobId={jobId} slice={slice} close={() => setShown('nothing')} />
        </Suspense>
      )}
    </section>
  )
}

function EditedCommand(props: { readonly command: string; readonly run: (command: string) => void }) {
  const [command, setCommand] = useState(props.command)
  return (
    <form
      className="held-command"
      onSubmit={(event) => {
        event.preventDefault()
        if (command.trim() !== '') props.run(command)
      }}
    >
      <label>
        <span className="quiet">Command</span>
        <textarea
          name="command"
          spellCheck={false}
          rows={Math.min(12, command.split('\n').length + 1)}
          value={command}
          onChange={(event) => setCommand(event.target.value)}
        />
      </label>
      <button type="submit" className="primary">
        Run
      </button>
    </form>
  )
}
