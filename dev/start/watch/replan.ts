import type { WorkerProcess } from '../plan.ts'

export interface Replanned {
  /** All that were ever planned: each keeps its place, which decides its port. */
  workers: readonly WorkerProcess[]
  /** To be started: they are new, or run other reactions than before. */
  begin: readonly WorkerProcess[]
  /** To be stopped: they run other reactions now, or none. */
  end: readonly string[]
}

/** What running workers have to become when reactions or folders of reactions come and go. */
export function replan(
  known: readonly WorkerProcess[],
  running: ReadonlySet<string>,
  planned: readonly WorkerProcess[],
): Replanned {
  const nowOf = (name: string) => planned.find((worker) => worker.name === name)
  const isSame = ({ name, reactions }: WorkerProcess) => nowOf(name)?.reactions.join() === reactions.join()
  const end = known.filter((worker) => running.has(worker.name) && !isSame(worker)).map(({ name }) => name)
  const begin = planned.filter(({ name }) => !running.has(name) || end.includes(name))
  const added = planned.filter(({ name }) => !known.some((worker) => worker.name === name))
  return { workers: [...known.map((worker) => nowOf(worker.name) ?? worker), ...added], begin, end }
}
