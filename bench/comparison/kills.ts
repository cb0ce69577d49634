import { setTimeout as wait } from 'node:timers/promises'
import type { Stage } from '../stage/stage.ts'
import type { Configuration } from './configurations.ts'
import { countOrders, noteAnswered, type Counts } from './counts.ts'
import { supervise, type Supervised } from './supervised.ts'
import { gather, type Role, type Troupe } from './troupe.ts'

/** Of each process. */
export const KILLS = 5
/** What is not done so long after the last kill counts as not done: BullMQ's default finds a lost job within 60 s. */
export const PATIENCE_S = 75

/**
 * Kills the processes of one configuration in turn while orders come in, and starts them again.
 * @returns when the last kill is done; the counts come when patience is over, and meanwhile others may be killed
 */
export async function killUnderLoad(
  stage: Stage,
  configuration: Configuration,
  rate: number,
): Promise<{ counts: Promise<Counts> }> {
  const troupe = await gather(stage, configuration)
  const processes = new Map<Role, Supervised>()
  try {
    for (const role of troupe.roles)
      processes.set(role, await supervise(() => troupe.start(role, { RATE: String(rate) })))
    await killInTurn(processes)
  } catch (error) {
    await disband(troupe, processes)
    throw error
  }
  return { counts: count(troupe).finally(() => disband(troupe, processes)) }
}

/** The last one is a producer's, and it has no successor. */
async function killInTurn(processes: Map<Role, Supervised>): Promise<void> {
  for (let nth = 1; nth <= KILLS; nth++)
    for (const [role, process] of processes) {
      await wait(300 + Math.random() * 600)
      if (nth < KILLS || role !== 'produce') await process.kill()
      else await process.end('SIGKILL')
    }
  processes.delete('produce')
}

async function count({ database, answered }: Troupe): Promise<Counts> {
  const { rows } = await database.pool.query<{ now: Date }>('SELECT clock_timestamp() AS now')
  await wait(PATIENCE_S * 1_000, undefined, { ref: false }) // a run that is interrupted ends without it
  await noteAnswered(database.pool, answered())
  return countOrders(database.pool, rows[0]!.now)
}

async function disband({ close }: Troupe, processes: Map<Role, Supervised>): Promise<void> {
  await Promise.allSettled([...processes.values()].map((process) => process.end('SIGTERM')))
  await close()
}
