import type { Database } from '#platform/database'

/** The breaker of one reaction, as those see it that need the same. */
interface Member {
  /** One of the others has found it away. */
  suspect(error: Error): void
  /** A call of one of the others has succeeded. */
  relieve(): void
}

interface Others extends Member {
  leave(): void
}

/** Joins a breaker with those of other reactions. @returns the others */
export type Sharing = (member: Member) => Others

export const aloneWith: Sharing = () => ({ suspect() {}, relieve() {}, leave() {} })

const groups = new WeakMap<Database, Map<string, Set<Member>>>()

/** The reactions of this process that name the same dependency. One that names none shares with nobody. */
export function shareBreaker(db: Database, dependency: string | undefined): Sharing {
  if (dependency === undefined) return aloneWith
  const ofProcess = groups.get(db) ?? new Map<string, Set<Member>>()
  groups.set(db, ofProcess)
  const members = ofProcess.get(dependency) ?? new Set<Member>()
  ofProcess.set(dependency, members)
  return (member) => {
    members.add(member)
    const others = () => [...members].filter((one) => one !== member)
    return {
      suspect: (error) => others().forEach((other) => other.suspect(error)),
      relieve: () => others().forEach((other) => other.relieve()),
      leave: () => void members.delete(member),
    }
  }
}
