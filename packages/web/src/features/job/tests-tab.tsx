import type { TestView } from '@rondo/protocol'
import { duration } from '../../shared/time.ts'
import { StatusIcon } from '../../shared/ui.tsx'

const order = { failure: 0, error: 0, skipped: 1, success: 2 }
const status = { failure: 'failed', error: 'failed', skipped: 'skipped', success: 'passed' }

/** Test results, failures first. */
export function TestsTab({ tests }: { readonly tests: readonly TestView[] }) {
  if (tests.length === 0)
    return <p className="quiet pad">This job stored no test results. A store_test_results step would.</p>
  const sorted = tests.toSorted((a, b) => order[a.result] - order[b.result])
  return (
    <ul className="list">
      {sorted.map((test, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: test names may repeat, and the list only grows
        <li key={index}>
          <StatusIcon status={status[test.result]} size={16} />
          <div>
            <div>{test.name}</div>
            <div className="quiet">{[test.classname, test.file].filter(Boolean).join(' · ')}</div>
            {test.message !== '' && <pre className="error-text">{test.message}</pre>}
          </div>
          <span className="quiet number">{duration(test.runTime * 1000)}</span>
        </li>
      ))}
    </ul>
  )
}
