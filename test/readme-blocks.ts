import { readFileSync } from 'node:fs'
import path from 'node:path'

export const ROOT = path.resolve(__dirname, '..')
export const README = readFileSync(path.join(ROOT, 'README.md'), 'utf8')

/** The contents of the README's fenced blocks of one language, in order. */
export function blocksOf(language: string): string[] {
  return [...README.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\`$`, 'gms'))].map(([, content]) => content!)
}
