import { say } from '../../../src/cli/terminal/output.ts'

interface Consequences {
  again: readonly string[]
  begin: readonly string[]
  end: readonly string[]
}

/** One line: which files have changed, and what that does to which processes. Nothing where it does nothing. */
export function tellChange(files: readonly string[], { again, begin, end }: Consequences): void {
  const done = [
    ...(end.length > 0 ? [`stopping ${end.join(', ')}`] : []),
    ...(again.length > 0 ? [`starting ${again.join(', ')} again`] : []),
    ...(begin.length > 0 ? [`starting ${begin.join(', ')}`] : []),
  ]
  if (done.length === 0) return
  say(`${files.slice(0, 3).join(', ')}${files.length > 3 ? ', …' : ''} changed: ${done.join('; ')}`)
}
