import { existsSync, readdirSync, statSync } from 'node:fs'
import path from 'node:path'
import { runningPid } from '../processes/daemon.ts'
import { InstanceSet, PROJECT } from '../services/index.ts'
import { affectedBy } from '../start/watch/affected.ts'

/**
 * The processes of npm start note their pids whenever they start: a source that is younger than the note is not what runs.
 * @returns one sentence; undefined when npm start does not run, or runs what stands in the files
 */
export function oldCode(reaction: string, set = InstanceSet.open('dev'), project = PROJECT): string | undefined {
  for (const { name, startedAt } of processesOf(reaction, path.join(set.folder, 'processes'))) {
    const changed = sources(project).filter((file) => statSync(path.join(project, file)).mtimeMs > startedAt)
    const [first, ...more] = changed.filter(
      (file) => affectedBy([file], [{ name, reactions: [reaction] }]).length > 0 && !file.endsWith('.test.ts'),
    )
    if (first === undefined) continue
    const others = more.length > 0 ? ` and ${more.length} more` : ''
    return `${name} still runs the code of ${clock(startedAt)}: ${first}${others} changed since. Restart npm start, or use npm run dev, which does it by itself.`
  }
  return undefined
}

/** Those that run it, alone or with others: `worker-payment`, `worker-payment.capture-payment-2`, or `worker` for all. */
function processesOf(reaction: string, folder: string) {
  if (!existsSync(folder)) return []
  const [context = ''] = reaction.split('.')
  const runs = [undefined, context, reaction].map((of) => ['worker', of].filter(Boolean).join('-'))
  return readdirSync(folder).flatMap((note) => {
    const file = path.join(folder, note)
    const isOne = runs.includes(note.replace(/-\d+$/, '')) && runningPid(file) !== undefined
    return isOne ? [{ name: note.replace('-', ' '), startedAt: statSync(file).mtimeMs }] : []
  })
}

const sources = (project: string) =>
  ['src', 'workers'].flatMap((folder) =>
    readdirSync(path.join(project, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => path.join(folder, file)),
  )

const clock = (ms: number) => new Date(ms).toTimeString().slice(0, 8)
