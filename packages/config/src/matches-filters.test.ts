import { describe, expect, it } from 'vitest'
import { matchesFilters } from './matches-filters.ts'

describe('filters', () => {
  it.each([
    [undefined, { branch: 'x' }, true],
    [undefined, { tag: 'v1' }, false],
    [{ branches: { only: ['main'] } }, { branch: 'main' }, true],
    [{ branches: { only: ['main'] } }, { branch: 'main2' }, false],
    [{ branches: { only: ['/ma.*/'] } }, { branch: 'main2' }, true],
    [{ branches: { only: ['/ma/'] } }, { branch: 'main' }, false],
    [{ branches: { ignore: ['/(?!main$).*/'] } }, { branch: 'main' }, true],
    [{ branches: { ignore: ['/(?!main$).*/'] } }, { branch: 'dev' }, false],
    [{ branches: { only: ['a'], ignore: ['a'] } }, { branch: 'a' }, true],
    [{ branches: {} }, { branch: 'a' }, true],
    [{ tags: { only: ['/v\\d+/'] } }, { tag: 'v12' }, true],
    [{ tags: { only: ['/v\\d+/'] } }, { tag: 'v12-rc' }, false],
    [{ tags: { only: ['/v\\d+/'] } }, { branch: 'any' }, true],
    [{ tags: { ignore: ['x'] } }, { tag: 'y' }, true],
    [{ tags: {} }, { tag: 'y' }, false],
    [{ branches: { ignore: ['/.*/'] }, tags: { only: ['/.*/'] } }, { branch: 'a' }, false],
    [{ branches: { ignore: ['/.*/'] }, tags: { only: ['/.*/'] } }, { branch: 'a', tag: 't' }, false],
    [{ branches: { only: ['/(broken/'] } }, { branch: '(broken' }, false],
  ])('%j for %j: %s [I-025]', (filters, reference, expected) => {
    expect(matchesFilters(filters, reference)).toBe(expected)
  })
})
