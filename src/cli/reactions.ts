import { findReactions, loadReactions, Refused, type Reaction } from '#messaging'
import type { Database } from '#platform/database'
import { WORKERS } from './host.ts'
import { didYouMean } from './terminal/suggest.ts'

/** That a reaction of this name is subscribed to something, or was. @throws Refused naming those there are */
export async function expectReaction(db: Database, name: string): Promise<void> {
  const rows = await db.subscription.findMany({ distinct: ['reaction'], orderBy: { reaction: 'asc' } })
  const known = rows.map(({ reaction }) => reaction)
  if (!known.includes(name)) throw unknownReaction(name, known)
}

/** The definition of a reaction, for what it knows of its event types. @throws Refused when this version has none */
export async function loadReaction(name: string): Promise<Reaction> {
  const found = findReactions(WORKERS)
  const file = found.find((one) => one.name === name)
  if (!file)
    throw new Refused(`The reaction ${name} is not under workers/ of this version: nobody would handle its events.`)
  return (await loadReactions([file]))[0]!
}

/** Whether this version has a file for it; another release may. */
export const isOfThisVersion = (name: string): boolean => findReactions(WORKERS).some((one) => one.name === name)

/** That each is a reaction or a folder of workers/. @throws Refused naming those there are */
export function expectFiles(names: readonly string[]): void {
  const known = new Set(findReactions(WORKERS).flatMap(({ name, folder }) => [folder, name]))
  for (const name of names) if (!known.has(name)) throw unknownReaction(name, [...known])
}

export const unknownReaction = (name: string, known: readonly string[]) =>
  new Refused(`No reaction is called ${name}.${didYouMean(name, known)} There are: ${known.join(', ') || 'none yet'}.`)
