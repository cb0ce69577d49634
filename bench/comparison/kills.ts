import { setTimeout as wait } from 'node:timers/promises'
import type { RunningProcess } from '../../dev/processes/process.ts'
import type { Environment } from '../environment/environment.ts'
import { countOrders, noteAnswered, type Counts } from './counts.ts'
import { openPeer, type PeerProcesses, type Role } from './processes.ts'

/** Of each process. */
export const KILLS = 5
/** What is not done so long after the last kill counts as not done. The slowest took 6 s to find what a killed process had held. */
export const PATIENCE_S = 30

/** Kills the processes of one peer in turn while orders come in, and starts them again. */
export async function killUnderLoad(environment: Environment, peer: string, rate: number): Promise<Counts> {
  const processes = await openPeer(environment, peer)
  const { pool } = processes.database
  await killInTurn(processes, { RATE: String(rate) })
  await wait(PATIENCE_S * 1_000, undefined, { ref: false }) // a run that is interrupted ends without it
  await noteAnswered(pool, processes.answered())
  return countOrders(pool)
}

/** The last one killed is a producer, and it has no successor. */
async function killInTurn({ roles, start }: PeerProcesses, demand: { RATE: string }): Promise<void> {
  const running = new Map<Role, RunningProcess>()
  for (const role of roles) running.set(role, await start(role, demand))
  for (let nth = 1; nth <= KILLS; nth++)
    for (const role of roles) {
      await wait(300 + Math.random() * 600)
      running.get(role)!.signal('SIGKILL')
      await running.get(role)!.exited
      if (nth < KILLS || role !== 'produce') running.set(role, await start(role, demand))
    }
}
