import { useNavigate, useSearch } from '@tanstack/react-router'
import { adminSearch } from '../../shared/search.ts'
import { Tabs } from '../../shared/tabs.tsx'
import { AgentsTab } from './agents-tab.tsx'
import { HealthTab } from './health-tab.tsx'
import { HistoryTab } from './history-tab.tsx'
import { QueueTab } from './queue-tab.tsx'
import { RetentionTab } from './retention-tab.tsx'
import { SettingsTab } from './settings-tab.tsx'
import './admin.css'

/** What administrators of the installation see and do; the tab is part of the address. */
export function AdminPage() {
  const { tab = 'queue', of = '' } = adminSearch(useSearch({ strict: false }))
  const navigate = useNavigate()
  return (
    <>
      <div className="page-head">
        <h1>Administration</h1>
      </div>
      <Tabs
        chosen={tab}
        choose={(name) => void navigate({ to: '/admin', search: { tab: name }, replace: true })}
        tabs={[
          { name: 'queue', label: 'Queue' },
          { name: 'agents', label: 'Agents' },
          { name: 'settings', label: 'Settings' },
          { name: 'history', label: 'History' },
          { name: 'retention', label: 'Retention' },
          { name: 'health', label: 'Health' },
        ]}
      />
      {tab === 'queue' && <QueueTab />}
      {tab === 'agents' && <AgentsTab />}
      {tab === 'settings' && <SettingsTab />}
      {tab === 'history' && <HistoryTab of={of} />}
      {tab === 'retention' && <RetentionTab />}
      {tab === 'health' && <HealthTab />}
    </>
  )
}
