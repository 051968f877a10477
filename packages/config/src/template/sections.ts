import type { TemplatePart } from './parse-template.ts'

/** A section tag without its counterpart (semantics 5). */
export interface StraySection {
  readonly start: number
  readonly end: number
  readonly message: string
  readonly hint: string
}

type SectionTag = Exclude<TemplatePart, { readonly kind: 'text' | 'tag' }>

/** The first section tag that stands alone: it works, but hardly as it was meant. */
export function straySection(parts: readonly TemplatePart[]): StraySection | undefined {
  const open: SectionTag[] = []
  for (const part of parts) {
    if (part.kind === 'open') open.push(part)
    if (part.kind !== 'close') continue
    const opened = open.pop()
    if (opened === undefined) return alone(part)
    if (opened.inner !== part.inner) return crossed(part, opened)
  }
  const left = open.at(-1)
  return left === undefined ? undefined : endless(left)
}

function alone({ inner, start, end }: SectionTag): StraySection {
  const message = `'<</ ${inner} >>' ends a section that nothing began; it is taken out of the text`
  return { start, end, message, hint: "A literal '<<' (a shell here-document, for instance) is written '\\<<'" }
}

function crossed({ inner, start, end }: SectionTag, opened: SectionTag): StraySection {
  const message = `'<</ ${inner} >>' ends the section of '${opened.inner}'`
  return { start, end, message, hint: `Write '<</ ${opened.inner} >>'` }
}

function endless({ inner, start, end }: SectionTag): StraySection {
  const message = `The section of '${inner}' never ends: it reaches to the end of the text`
  return { start, end, message, hint: `Write '<</ ${inner} >>' behind it` }
}
