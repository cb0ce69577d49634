import path from 'node:path'
import { findReactions } from '../../src/messaging/load-workers.ts'
import { migrateWith, PROJECT } from '../../dev/services/index.ts'
import { migrationsWith } from '../../prisma/core-migrations.ts'

const HERE = import.meta.dirname
/** From the root of the project, as WORKERS wants it. */
export const WORKERS = path.relative(PROJECT, path.join(HERE, 'workers'))
export const NAMESPACE = 'rides'

/** Where rides live beside the shop: the same server, a database of their own. */
export function ridesUrl(postgres: string): string {
  const url = new URL(postgres)
  url.pathname = '/rides'
  return url.href
}

/** @returns false when there was nothing to do */
export const migrateRides = (url: string, folder: string): Promise<boolean> =>
  migrateWith(url, migrationsWith(path.join(HERE, 'migrations')), path.join(folder, 'migrations'))

export interface Member {
  name: string
  role: 'api' | 'relay' | 'scheduler' | 'worker'
  run: readonly string[]
  /** What it says when it works. */
  ready: string
}

/** The processes of rides. Relay and workers are those of the shop, with another folder of reactions. */
export function members(replicas: Readonly<Record<string, number>> = {}): Member[] {
  const main = (name: string) => path.relative(PROJECT, path.join(HERE, `main/${name}.ts`))
  const folders = [...new Set(findReactions(path.join(HERE, 'workers')).map(({ folder }) => folder))]
  const workers = folders.flatMap((folder) =>
    Array.from({ length: replicas[folder] ?? 1 }, (_, nth) => worker(`${folder} ${nth + 1}`, [folder])),
  )
  return [
    { name: 'api', role: 'api', run: [main('api')], ready: 'listening on' },
    { name: 'relay 1', role: 'relay', run: ['src/main/relay.ts'], ready: 'standing by for' },
    { name: 'scheduler', role: 'scheduler', run: [main('scheduler')], ready: 'running by the clock' },
    ...workers,
  ]
}

export const worker = (name: string, reactions: readonly string[]): Member => ({
  name,
  role: 'worker',
  run: ['src/main/worker.ts', ...reactions],
  ready: 'reacting',
})
