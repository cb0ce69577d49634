import { SetupError } from '../services/index.ts'

/** A reaction and the folder it stands in. */
export interface Reaction {
  name: string
  folder: string
}

/** One process of workers: what it is called in the terminal and in file names, and which reactions it runs. */
export interface WorkerProcess {
  name: string
  reactions: string[]
  /** Its connections to PostgreSQL, at most. @default what the environment says */
  connections?: number
}

export type Scale = ReadonlyMap<string, number>

/** `inventory.reserve-stock=3` or `inventory=2`: exactly so many processes of a reaction or folder; 0 runs none. */
export function readScale(wishes: string[], reactions: Reaction[]): Scale {
  return new Map(
    wishes.map((wish) => {
      const [, name = '', count] = /^([^=]+)=(\d{1,2})$/.exec(wish) ?? []
      if (count === undefined) throw new SetupError(`--scale ${wish} is not of the form inventory.reserve-stock=3.`)
      if (reactions.some((reaction) => reaction.name === name || reaction.folder === name)) return [name, Number(count)]
      const names = reactions.map((reaction) => reaction.name).join(', ')
      throw new SetupError(`--scale ${wish} names no reaction and no folder of workers/. There are: ${names}.`)
    }),
  )
}

/** One process per folder. A scaled reaction leaves its folder's process and gets processes of its own. */
export function planWorkers(reactions: Reaction[], scale: Scale): WorkerProcess[] {
  const folders = [...new Set(reactions.map(({ folder }) => folder))]
  return folders.flatMap((folder) => {
    const names = reactions.filter((reaction) => reaction.folder === folder).map(({ name }) => name)
    const alone = names.filter((name) => scale.has(name))
    const others = alone.length === 0 ? [folder] : names.filter((name) => !scale.has(name))
    return [
      ...replicas(folder, others, others.length === 0 ? 0 : (scale.get(folder) ?? 1)),
      ...alone.flatMap((name) => replicas(name, [name], scale.get(name) ?? 1)),
    ]
  })
}

/** Batches that a reaction has under way at once, unless its definition says more. */
const CONCURRENCY = 4

/** One process for all; scaled reactions and folders get processes of their own. */
export function planTogether(reactions: Reaction[], scale: Scale): WorkerProcess[] {
  const isScaled = ({ name, folder }: Reaction) => scale.has(name) || scale.has(folder)
  const rest = reactions.filter((reaction) => !isScaled(reaction)).map(({ name }) => name)
  const connections = CONCURRENCY * rest.length + 2
  const together = rest.length === 0 ? [] : [{ name: 'worker', reactions: rest, connections }]
  return [...together, ...planWorkers(reactions.filter(isScaled), scale)]
}

function replicas(name: string, reactions: string[], count: number): WorkerProcess[] {
  return Array.from({ length: count }, (_, index) => ({
    name: count === 1 ? `worker ${name}` : `worker ${name} ${index + 1}`,
    reactions,
  }))
}
