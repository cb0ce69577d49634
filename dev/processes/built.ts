import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs'
import path from 'node:path'
import { remember, runningPid } from './daemon.ts'

/** States that are kept although nobody uses them: the next command may need them again. */
const KEPT = 3

/**
 * What is made of one state of the sources: complete or not there at all, and made only once. It stays for as long as this process
 * runs, which may start others from it at any time. Of states that nobody uses only the latest stay.
 * @param state a folder named by the state, beside those of others
 */
export async function builtOnce(state: string, build: (draft: string) => Promise<void>): Promise<void> {
  mkdirSync(path.dirname(state), { recursive: true })
  const mark = `${state}@${process.pid}`
  if (runningPid(mark) === undefined) remember(mark, process.pid)
  if (!existsSync(state)) await whole(state, build)
  const now = new Date()
  utimesSync(state, now, now)
  forgetOldest(path.dirname(state))
}

async function whole(state: string, build: (draft: string) => Promise<void>): Promise<void> {
  const draft = `${state}.${process.pid}`
  try {
    await build(draft)
    if (!existsSync(state)) renameSync(draft, state)
  } finally {
    rmSync(draft, { recursive: true, force: true })
  }
}

/** A draft is of a state that somebody uses. */
const stateOf = (name: string) => name.replace(/[.@]\d+$/, '')

function forgetOldest(folder: string): void {
  const names = readdirSync(folder)
  const marks = names.filter((name) => name.includes('@'))
  const dead = marks.filter((mark) => runningPid(path.join(folder, mark)) === undefined)
  const used = new Set(marks.filter((mark) => !dead.includes(mark)).map(stateOf))
  const ageOf = (name: string) => statSync(path.join(folder, name), { throwIfNoEntry: false })?.mtimeMs ?? 0
  const unused = names
    .filter((name) => !marks.includes(name) && !used.has(stateOf(name)))
    .map((name) => ({ name, at: ageOf(name) }))
    .toSorted((a, b) => b.at - a.at)
    .slice(KEPT)
  for (const name of [...dead, ...unused.map((one) => one.name)])
    rmSync(path.join(folder, name), { recursive: true, force: true })
}
