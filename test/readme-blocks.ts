import { readFileSync } from 'node:fs'
import path from 'node:path'

export const ROOT = path.resolve(__dirname, '..')

/** A file of the project, by its path from the root. */
export const read = (file: string) => readFileSync(path.join(ROOT, file), 'utf8')

/** The contents of a document's fenced blocks of one language, in order. */
export function blocksOf(file: string, language: string): string[] {
  const fenced = new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms')
  return [...read(file).matchAll(fenced)].map(([, content]) => content!)
}
