import { setTimeout as wait } from 'node:timers/promises'
import type { Stage } from '../stage/stage.ts'
import type { Configuration } from './configurations.ts'
import { countOrders, noteAnswered, type Counts, type Killing } from './counts.ts'
import { supervise, type Supervised } from './supervised.ts'
import { gather, type Role, type Troupe } from './troupe.ts'

/** Of each process. */
export const KILLS = 5
/** Before the first one. */
const CALM_S = 3
/** What is not done so long after the last kill counts as not done. */
export const PATIENCE_S = 90
/** More orders a second would only fill the tables. */
const FASTEST = 200

/** Half of what it can do: under load, and still able to catch up. */
export const rateUnderKills = (pace: number) => Math.min(FASTEST, pace / 2)

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
  for (const role of troupe.roles)
    processes.set(role, await supervise(() => troupe.start(role, { RATE: String(rate) })))
  await wait(CALM_S * 1_000)
  const firstKill = await clockOf(troupe)
  await killInTurn(processes)
  const lastKill = await clockOf(troupe)
  return { counts: count(troupe, [...processes.values()], { firstKill, lastKill }) }
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

async function clockOf({ database }: Troupe): Promise<Date> {
  const { rows } = await database.pool.query<{ now: Date }>('SELECT clock_timestamp() AS now')
  return rows[0]!.now
}

async function count({ database, answered, close }: Troupe, left: readonly Supervised[], killing: Killing) {
  await wait(PATIENCE_S * 1_000)
  await noteAnswered(database.pool, answered())
  const counts = await countOrders(database.pool, killing)
  await Promise.all(left.map((process) => process.end('SIGTERM')))
  await close()
  return counts
}
