import { readdirSync } from 'node:fs'
import path from 'node:path'
import { runningPid } from '../processes/daemon.ts'
import { SERVICE_NAMES, SERVICES, type InstanceSet } from '../services/index.ts'
import { familyOf } from './proc.ts'

/** What one line of the table counts: a process with all that it has started. */
export interface Member {
  name: string
  /** `system`: what a production has as well; `around`: what stands in for the outside, and npm start itself. */
  group: 'system' | 'around' | 'services'
  pids: number[]
}

const AROUND = ['mail', 'gateway']

/** Everything that an `npm start` with this pid has started in the set. */
export function membersOf(start: number, set: InstanceSet): Member[] {
  const notes = path.join(set.folder, 'processes')
  const own = readdirSync(notes).map((name): Member => {
    const group = AROUND.includes(name) ? 'around' : 'system'
    return { name, group, pids: pidsOf(path.join(notes, name)) }
  })
  const services = servicesOf(set)
  const others = new Set([...own, ...services].flatMap(({ pids }) => pids))
  const itself = familyOf(start).filter((pid) => !others.has(pid))
  return [...own, { name: 'npm start', group: 'around', pids: itself }, ...services]
}

/** PostgreSQL, RabbitMQ and Redis of the set, as far as it has started them. */
export const servicesOf = (set: InstanceSet): Member[] =>
  SERVICE_NAMES.map((name) => {
    return { name: SERVICES[name].title, group: 'services', pids: pidsOf(path.join(set.folder, `${name}.pid`)) }
  })

function pidsOf(file: string): number[] {
  const pid = runningPid(file)
  return pid === undefined ? [] : familyOf(pid)
}
