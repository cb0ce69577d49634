import { readdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { hasPid, NOTES, stopLeftovers } from '../processes/daemon.ts'
import type { InstanceSet } from '../services/index.ts'

/** Where the processes that tests of this run start are noted: by whoever has this in its environment. */
export const notesOf = (set: InstanceSet) => ({ [NOTES]: path.join(folderOf(set), String(process.pid)) })

/** Ends what tests of this run have started and left behind, and what runs that are gone have. */
export async function endLeftovers(set: InstanceSet): Promise<void> {
  for (const run of runsOf(set)) {
    if (run !== String(process.pid) && hasPid(Number(run))) continue
    await stopLeftovers(path.join(folderOf(set), run))
    rmSync(path.join(folderOf(set), run), { recursive: true, force: true })
  }
}

const folderOf = (set: InstanceSet) => path.join(set.folder, 'tests')

function runsOf(set: InstanceSet): string[] {
  try {
    return readdirSync(folderOf(set))
  } catch {
    return []
  }
}
