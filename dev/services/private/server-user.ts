import { spawnSync } from 'node:child_process'
import { SetupError } from '../../project.ts'

export interface ServerUser {
  uid: number
  gid: number
}

/** Whom a server that refuses to be root runs as: undefined means as ourselves, which is so for everyone but root. */
export function serverUser(preferred: string): ServerUser | undefined {
  if (process.getuid?.() !== 0) return undefined
  const user = lookUp(preferred) ?? lookUp('nobody')
  if (user) return user
  throw new SetupError(
    `PostgreSQL refuses to run as root, and there is no user ${preferred} here: run as another user.`,
  )
}

function lookUp(name: string): ServerUser | undefined {
  const number = (flag: string) => Number(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout?.trim() || NaN)
  const user = { uid: number('-u'), gid: number('-g') }
  return Number.isInteger(user.uid) && Number.isInteger(user.gid) ? user : undefined
}
