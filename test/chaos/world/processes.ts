import { createWriteStream, mkdirSync } from 'node:fs'
import path from 'node:path'
import type { ProcessPlan } from '../../../dev/processes/process.ts'
import { createSupervisor, type Supervisor } from '../../../dev/processes/supervisor.ts'
import { TYPESCRIPT } from '../../../dev/processes/typescript.ts'

export type Role = 'api' | 'relay' | 'scheduler' | 'worker' | 'gateway'

export interface MemberPlan extends ProcessPlan {
  role: Role
}

/** The processes of one run, which are killed and frozen, and start again by themselves. */
export interface Processes extends Supervisor<MemberPlan> {
  names(...roles: Role[]): string[]
}

/** Ended so often before it worked, a process has a reason that another start does not cure. */
const HOPELESS = 20

export function superviseProcesses(folder: string): Processes {
  const logs = path.join(folder, 'logs')
  mkdirSync(logs, { recursive: true })
  const supervisor = createSupervisor<MemberPlan>({
    pids: path.join(folder, 'processes'),
    openLog: (name) => createWriteStream(path.join(logs, `${name.replaceAll(' ', '-')}.log`), { flags: 'a' }),
    hopelessAfter: HOPELESS,
  })
  const names = (...roles: Role[]) => supervisor.plans.flatMap(({ name, role }) => (roles.includes(role) ? [name] : []))
  return Object.assign(supervisor, { names })
}

/** A TypeScript file with its settings, translated when it runs. */
export const programOf = (run: readonly string[], settings: Readonly<Record<string, string>>) =>
  withSettings([...TYPESCRIPT, ...run], settings)

/** Of our own environment a process gets what a program needs to run, and the one setting that a run may differ in. */
export function withSettings(
  args: readonly string[],
  settings: Readonly<Record<string, string>>,
): Pick<ProcessPlan, 'args' | 'env'> {
  const kept = ['PATH', 'HOME', 'TMPDIR', 'LANG', 'TZ', 'REDRIVE_RECOVERED']
  const inherited = kept.flatMap((name) => (process.env[name] ? [[name, process.env[name]] as const] : []))
  return { args, env: { ...Object.fromEntries(inherited), ...settings } }
}
