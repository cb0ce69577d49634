import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { StartupError } from '#platform/config'
import { isProjection, type Projection } from './projections/define-projection.ts'
import type { Reaction } from './reactions/define/define-reaction.ts'

/** `.ts`, and `.js` where this project was compiled. */
const ENDING = path.extname(import.meta.filename)
const REACTION = new RegExp(`^[a-z0-9-]+\\${ENDING}$`)

/** A reaction or a projection found under workers/, not loaded yet. */
export interface ReactionFile {
  /** `<folder>.<file>`, as the definition in it must be named. */
  name: string
  folder: string
  file: string
}

/** Every reaction and projection under `directory`: one file in a folder, or a folder of its own with an index.ts. Sorted by name. */
export function findReactions(directory: string): ReactionFile[] {
  if (!existsSync(directory)) throw new StartupError(`There is no folder ${directory} to find reactions in.`)
  const folders = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isDirectory())
  return folders
    .flatMap(({ name: folder }) => {
      const entries = readdirSync(path.join(directory, folder), { withFileTypes: true })
      return entries.flatMap((entry): ReactionFile[] => {
        const file = path.join(directory, folder, entry.name)
        if (entry.isDirectory()) {
          const index = path.join(file, `index${ENDING}`)
          return existsSync(index) ? [{ name: `${folder}.${entry.name}`, folder, file: index }] : []
        }
        if (!REACTION.test(entry.name)) return []
        return [{ name: `${folder}.${path.basename(entry.name, ENDING)}`, folder, file }]
      })
    })
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

/** What is meant by names of reactions, projections and folders; all of them when no name is given. */
export function selectReactions(found: readonly ReactionFile[], wanted: readonly string[]): ReactionFile[] {
  const unknown = wanted.filter((name) => !found.some((reaction) => reaction.name === name || reaction.folder === name))
  if (unknown.length > 0) {
    throw new StartupError(
      `No reaction, projection or folder is called ${unknown.join(', ')}. There are: ${found.map(({ name }) => name).join(', ')}.`,
    )
  }
  return wanted.length === 0
    ? [...found]
    : found.filter(({ name, folder }) => wanted.includes(name) || wanted.includes(folder))
}

/**
 * Loads the reactions among these files.
 * @throws StartupError when a file cannot be loaded, holds neither a reaction nor a projection, or one whose name is not that
 * of its place
 */
export async function loadReactions(files: readonly ReactionFile[]): Promise<Reaction[]> {
  return (await Promise.all(files.map(load))).filter((one) => !isProjection(one)) as Reaction[]
}

/** Loads the projections among these files. @throws StartupError as `loadReactions` does */
export async function loadProjections(files: readonly ReactionFile[]): Promise<Projection[]> {
  return (await Promise.all(files.map(load))).filter(isProjection)
}

async function load({ name, file }: ReactionFile): Promise<Reaction | Projection> {
  const place = path.relative(process.cwd(), file)
  const { default: found } = await importFrom(file, place)
  if (typeof found?.name !== 'string' || !(isProjection(found) || typeof found.retry?.poisonAfter === 'number')) {
    throw new StartupError(
      `${place} must export a reaction or a projection as its default: export default defineReaction({ name: '${name}', … }).`,
    )
  }
  if (found.name === name) return found
  throw new StartupError(`${place} defines '${found.name}'; at this place it must be named '${name}' (or be moved).`)
}

/** @throws StartupError that names the file; what the file itself threw is its cause */
async function importFrom(file: string, place: string) {
  try {
    return (await import(pathToFileURL(file).href)) as { default?: Reaction | Projection }
  } catch (error) {
    if (error instanceof StartupError) throw error
    const { name, message } = error instanceof Error ? error : new Error(String(error))
    const told = message.trim().replaceAll(/\s*\n\s*/g, ' ')
    const isDefinition = error instanceof TypeError && /^(Reaction|Projection) /.test(message)
    throw new StartupError(isDefinition ? `${place}: ${told}.` : `${place} cannot be loaded: ${name}: ${told}`, {
      cause: error,
    })
  }
}
