import { AppError } from '@rondo/model'

export interface Payload<T> {
  readonly value: T | undefined
  readonly errors: readonly { readonly message: string; readonly type: string }[]
}

/** Runs a change; a refusal is part of its answer. That somebody must log in is told as an error of the request. */
export async function attempt<T>(run: () => Promise<T>): Promise<Payload<T>> {
  try {
    return { value: await run(), errors: [] }
  } catch (error) {
    if (!(error instanceof AppError) || error.code === 'unauthenticated' || error.code === 'unavailable') throw error
    return { value: undefined, errors: [{ message: error.message, type: error.code }] }
  }
}
