/** Stands for nobody in particular: a schedule of its own, a token of a project. */
export const systemActor = {
  id: '00000000-0000-0000-0000-000000000000',
  login: 'system-actor',
  name: 'Scheduled',
} as const
