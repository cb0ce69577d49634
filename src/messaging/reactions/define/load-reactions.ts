import { existsSync, readdirSync } from 'node:fs'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import { StartupError } from '#platform/config'
import type { Reaction } from './define-reaction.ts'

/** `.ts`, and `.js` where this project was compiled. */
const ENDING = path.extname(import.meta.filename)
const REACTION = new RegExp(`^[a-z0-9-]+\\${ENDING}$`)

/** A reaction found in a folder of reactions, not loaded yet. */
export interface ReactionFile {
  /** `<folder>.<file>`, as the definition in it must be named. */
  name: string
  folder: string
  file: string
}

/** Every reaction under `directory`: one file in a folder, or a folder of its own with an index.ts. Sorted by name. */
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

/** The reactions that are meant by names of reactions and folders; all of them when no name is given. */
export function selectReactions(found: readonly ReactionFile[], wanted: readonly string[]): ReactionFile[] {
  const unknown = wanted.filter((name) => !found.some((reaction) => reaction.name === name || reaction.folder === name))
  if (unknown.length > 0) {
    throw new StartupError(
      `No reaction or folder is called ${unknown.join(', ')}. There are: ${found.map(({ name }) => name).join(', ')}.`,
    )
  }
  return wanted.length === 0
    ? [...found]
    : found.filter(({ name, folder }) => wanted.includes(name) || wanted.includes(folder))
}

/**
 * Loads reactions.
 * @throws StartupError when a file cannot be loaded, holds no reaction, or one whose name is not that of its place
 */
export async function loadReactions(files: readonly ReactionFile[]): Promise<Reaction[]> {
  return Promise.all(files.map(loadReaction))
}

async function loadReaction({ name, file }: ReactionFile): Promise<Reaction> {
  const place = path.relative(process.cwd(), file)
  const { default: reaction } = await importFrom(file, place)
  if (typeof reaction?.name !== 'string' || typeof reaction.retry?.poisonAfter !== 'number') {
    throw new StartupError(
      `${place} must export a reaction as its default: export default defineReaction({ name: '${name}', … }).`,
    )
  }
  if (reaction.name === name) return reaction
  throw new StartupError(
    `${place} defines the reaction '${reaction.name}'; at this place it must be named '${name}' (or be moved).`,
  )
}

/** @throws StartupError that names the file; what the file itself threw is its cause */
async function importFrom(file: string, place: string) {
  try {
    return (await import(pathToFileURL(file).href)) as { default?: Reaction }
  } catch (error) {
    if (error instanceof StartupError) throw error
    const { name, message } = error instanceof Error ? error : new Error(String(error))
    const told = message.trim().replaceAll(/\s*\n\s*/g, ' ')
    const isDefinition = error instanceof TypeError && message.startsWith('Reaction ')
    throw new StartupError(isDefinition ? `${place}: ${told}.` : `${place} cannot be loaded: ${name}: ${told}`, {
      cause: error,
    })
  }
}
