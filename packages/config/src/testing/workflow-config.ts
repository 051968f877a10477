/** Pieces of configs for tests: a step list in the job `build`, and a workflow over a few jobs of every kind. */

/** What every job here runs on. */
export const d = 'docker: [{image: a}]'
/** A config whose job `build` has these steps. */
export const steps = (text: string, rest = '') =>
  `version: 2.1\njobs:\n  build:\n    ${d}\n    steps:\n${text.replace(/^/gm, '      ')}\n${rest}`
const definitions = `  a: {${d}, steps: [checkout]}
  b: {${d}, steps: [checkout]}
  p: {parameters: {v: {type: string, default: x}, n: {type: integer, default: 1}, f: {type: boolean, default: false}, e: {type: executor, default: ex}}, executor: << parameters.e >>, steps: [{run: "<< parameters.v >> << parameters.n >> << parameters.f >>"}]}
  wait: {type: no-op}
  take: {type: lock, key: k}
  give: {type: unlock, key: k}`
const executors = `executors: {ex: {${d}}, ex2: {parameters: {t: {type: string}}, docker: [{image: "i:<< parameters.t >>"}]}}`
/** A config whose workflow `w` has these entries. */
export const workflow = (entries: string, rest = '', keys = '') =>
  `version: 2.1\njobs:\n${definitions}\n${executors}\n${rest}\nworkflows:\n  w:\n${keys}    jobs:\n${entries.replace(/^/gm, '      ')}\n`
/** A job group `g` of two jobs, the second after the first. */
export const groups = 'job-groups: {g: {jobs: [a, {b: {requires: [a]}}]}}'
/** The key `triggers` of a workflow, with one schedule. */
export const schedule = (cron: string) =>
  `    triggers: [{schedule: {cron: ${cron}, filters: {branches: {only: [main, /x.*/]}}}}]\n`
