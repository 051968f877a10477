import type { JobUsageView, SliceView } from '@rondo/protocol'
import { useQuery } from '@tanstack/react-query'
import { api } from '../../shared/api.ts'
import { duration } from '../../shared/time.ts'
import { Skeleton, Trouble } from '../../shared/ui.tsx'
import { areaOf, cores, memory, type StepUsage, topOf, usageBySteps } from './usage.ts'
import './resources-tab.css'

const width = 1000
const height = 96
const liveEveryMs = 5_000

/** What a slice uses of its machine, over time and by steps, while it runs and afterwards. */
export function ResourcesTab(props: { readonly jobId: string; readonly slice: SliceView | undefined }) {
  const { jobId, slice } = props
  const running = slice?.phase === 'running'
  const answer = useQuery({
    queryKey: ['usage', jobId, slice?.phase],
    queryFn: () => api.usage(jobId),
    refetchInterval: running ? liveEveryMs : false,
  })
  if (answer.isPending) return <Skeleton rows={4} />
  if (answer.error) return <Trouble error={answer.error} />
  const usage = answer.data.slices.find((entry) => entry.index === slice?.index)
  if (usage === undefined || usage.cpuCores.length === 0)
    return (
      <p className="quiet pad">
        {running ? 'The first samples come within seconds.' : 'Of this job no samples were taken.'}
      </p>
    )
  return <SliceUsage usage={usage} steps={usageBySteps(usage, slice?.steps ?? [])} />
}

function SliceUsage(props: { readonly usage: JobUsageView['slices'][number]; readonly steps: readonly StepUsage[] }) {
  const { usage, steps } = props
  const whole = usage.cpuCores.length * usage.intervalMs
  return (
    <div className="usage">
      <Curve
        title="CPU"
        peak={`peak ${cores(Math.max(...usage.cpuCores))} of ${cores(usage.cpus)} ${usage.cpus === 1 ? 'core' : 'cores'}`}
        values={usage.cpuCores}
        limit={usage.cpus}
        steps={steps}
      />
      <Curve
        title="Memory"
        peak={`peak ${memory(Math.max(...usage.memoryBytes))} of ${memory(usage.memoryLimitBytes)}`}
        values={usage.memoryBytes}
        limit={usage.memoryLimitBytes}
        steps={steps}
      />
      <div className="usage-time quiet number">
        <span>0s</span>
        <span>{duration(whole)}</span>
      </div>
      <table className="usage-steps">
        <thead>
          <tr>
            <th>Step</th>
            <th>CPU, mean</th>
            <th>Memory, peak</th>
          </tr>
        </thead>
        <tbody>
          {steps.map((step) => (
            <tr key={step.id}>
              <td>{step.name}</td>
              <td className="number">{step.cpuCores === null ? '–' : cores(step.cpuCores)}</td>
              <td className="number">{step.memoryPeak === null ? '–' : memory(step.memoryPeak)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function Curve(props: {
  readonly title: string
  readonly peak: string
  readonly values: readonly number[]
  readonly limit: number
  readonly steps: readonly StepUsage[]
}) {
  const { title, peak, values, limit, steps } = props
  const top = topOf(values, limit)
  const limitAt = height - (limit / top) * height
  return (
    <figure className="usage-curve">
      <figcaption>
        <strong>{title}</strong> <span className="quiet number">{peak}</span>
      </figcaption>
      <svg viewBox={`0 0 ${width} ${height}`} preserveAspectRatio="none" role="img" aria-label={`${title}: ${peak}`}>
        {steps.map((step, at) => (
          <rect
            key={step.id}
            className={at % 2 === 0 ? 'usage-step' : 'usage-step odd'}
            x={step.from * width}
            width={Math.max(1, (step.to - step.from) * width)}
            height={height}
          >
            <title>{step.name}</title>
          </rect>
        ))}
        <polygon points={areaOf(values, top, width, height)} />
        {limitAt >= 0 && <line className="usage-limit" x1="0" x2={width} y1={limitAt} y2={limitAt} />}
        {steps.map((step) => (
          <line key={step.id} className="usage-mark" x1={step.from * width} x2={step.from * width} y1="0" y2={height} />
        ))}
      </svg>
    </figure>
  )
}
