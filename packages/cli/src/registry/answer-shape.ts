/** What a value from another program must be; answers whether it is. */
export type Shape<T> = (value: unknown) => value is T

export type Shaped<S> = S extends Shape<infer T> ? T : never

export const text: Shape<string> = (value): value is string => typeof value === 'string'

export const count: Shape<number> = (value): value is number => typeof value === 'number'

export const yesNo: Shape<boolean> = (value): value is boolean => typeof value === 'boolean'

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  return (value): value is T | null => value === null || shape(value)
}

export function listOf<T>(shape: Shape<T>): Shape<readonly T[]> {
  return (value): value is readonly T[] => Array.isArray(value) && value.every((item) => shape(item))
}

/** An object with these fields; others do not matter. */
export function objectOf<F extends Readonly<Record<string, Shape<unknown>>>>(
  fields: F,
): Shape<{ readonly [K in keyof F]: Shaped<F[K]> }> {
  return (value): value is { readonly [K in keyof F]: Shaped<F[K]> } =>
    typeof value === 'object' &&
    value !== null &&
    Object.entries(fields).every(([name, shape]) => shape((value as Record<string, unknown>)[name]))
}
