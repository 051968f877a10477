/**
 * What must always hold, said once and apart from the conductor: nothing here calls its decisions. Checked at every
 * commit (`ofCommit`) and once the world has come to rest (`atRest`); `witness.ts` adds what only agents can see.
 *
 *  1. Every job ends, and ends once: a final status never changes. The same for workflows.
 *  2. Every change of a job or workflow has its event in the same commit, and no event tells of a change that was not made.
 *  3. A workflow's status is the function of its jobs' statuses, at every commit.
 *  4. A job leaves `blocked` exactly when its requirements are decided: it starts if they are met, else it is not run.
 *  5. A job that is promised a context nobody has does not start.
 *  6. A job has as many slices as its parallelism, and ends with the worst of them, when the last has ended.
 *  7. A task has one owner: attempts and epochs rise by one, and only the newest attempt writes.
 *  8. A start is granted once, and never for a job that has ended or was asked to stop.
 *  9. What started is not queued again; what is taken from an agent was silent for its whole term.
 * 10. Build and pipeline numbers of a project have no gap and no double.
 * 11. At rest nothing waits, runs or is held, and every job that was kept by a rerun ended as it says.
 * 18. Every change of a status is one that the tables of the model have.
 * 20. A lock has one holder, goes to who came first of those whose new work is not blocked, and is not given up while an agent works
 *     under it. Nobody who waits is dropped.
 * 22. Of what no administrator promoted, never more runs than a limit allows.
 * 23. What was promoted goes before what was not.
 * 24. The organisation that uses the fewest CPUs of its share comes first, in it the project that does, in it who waits longest.
 * 25. No agent with room goes away empty while something waits that fits and may run: what does not fit holds up nobody.
 * 26. A batch cancels what it was asked to, and nothing else.
 * 27. A schedule runs once for each time it is due: the pipeline and the next time are one commit.
 * 28. The next run is the first that its timetable names: none is left out, and what was missed is caught up once.
 * 30. Retention takes no pipeline that is young, the newest, or has anything that runs, is being stopped or waits to be compiled.
 * 31. It takes no workspace that a workflow that has not ended may attach.
 * 32. What is taken is gone at once, with all its workflows: nothing half of it is shown, rerun or started.
 * 33. With a job goes all that was its own, and nothing is left half taken at rest.
 * 34. A rerun of what was taken is refused, and says so.
 * 19. An approval is given once, and only what waited for one becomes a success by it.
 */
export type Report = (rule: number, what: string) => void

export interface Terms {
  readonly leaseMs: number
  readonly lostAfterMs: number
  /** How long pipelines are kept. */
  readonly keptMs: number
  /** Since when, at that time, somebody could renew a lease without a break: database, and at least one server. */
  readonly servedSince: (at: number) => number
}
