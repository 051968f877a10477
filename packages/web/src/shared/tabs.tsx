import type { KeyboardEvent, ReactNode } from 'react'

export interface Tab<Name extends string> {
  readonly name: Name
  readonly label: ReactNode
}

/** A row of tabs by the usual keyboard rules: one stop for Tab, arrows between them. */
export function Tabs<Name extends string>(props: {
  readonly tabs: readonly Tab<Name>[]
  readonly chosen: Name
  readonly choose: (name: Name) => void
}) {
  const { tabs, chosen, choose } = props
  const move = (event: KeyboardEvent<HTMLDivElement>) => {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (by === undefined) return
    const at = tabs.findIndex((tab) => tab.name === chosen)
    const next = (at + by + tabs.length) % tabs.length
    choose(tabs[next]!.name)
    event.currentTarget.querySelectorAll('button')[next]?.focus()
  }
  return (
    <div className="tabs" role="tablist" onKeyDown={move}>
      {tabs.map((tab) => (
        <button
          key={tab.name}
          type="button"
          role="tab"
          aria-selected={tab.name === chosen}
          tabIndex={tab.name === chosen ? 0 : -1}
          onClick={() => choose(tab.name)}
        >
          {tab.label}
        </button>
      ))}
    </div>
  )
}
