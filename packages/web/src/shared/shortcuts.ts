import { useEffect } from 'react'

/** What the keys do, for the page that lists them. */
export const shortcuts = [
  { keys: 'j  k', does: 'next and previous pipeline, job or step' },
  { keys: 'Enter', does: 'open it' },
  { keys: 'u', does: 'one level up' },
  { keys: '/', does: 'search or filter' },
  { keys: 'Esc', does: 'leave a field, close this' },
  { keys: '?', does: 'show the keys' },
] as const

/**
 * Keys for every page alike: pages mark what can be walked through with `data-nav`, their field with `data-search`, and the
 * way up with `data-up`. A key pressed in a field, or with a modifier, is not ours.
 */
export function useShortcuts(showHelp: (shown: boolean) => void): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return
      if (event.key === 'Escape') {
        showHelp(false)
        if (document.activeElement instanceof HTMLElement) document.activeElement.blur()
        return
      }
      if (isField(event.target)) return
      const act = actions[event.key]
      if (event.key === '?') showHelp(true)
      else if (act !== undefined) {
        event.preventDefault()
        act()
      }
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [showHelp])
}

const actions: Readonly<Record<string, () => void>> = {
  j: () => walk(1),
  k: () => walk(-1),
  u: () => document.querySelector<HTMLElement>('[data-up]')?.click(),
  '/': () => visible('[data-search]')[0]?.focus(),
}

function walk(by: 1 | -1): void {
  const stops = visible('[data-nav]')
  const at = stops.indexOf(document.activeElement as HTMLElement)
  const next = at === -1 ? (by === 1 ? 0 : stops.length - 1) : at + by
  stops[Math.max(0, Math.min(stops.length - 1, next))]?.focus()
}

function visible(selector: string): readonly HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>(selector)].filter((element) => element.offsetParent !== null)
}

function isField(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.matches('input, textarea, select') || target.isContentEditable)
}
