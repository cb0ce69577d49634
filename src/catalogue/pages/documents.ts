import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Catalogue } from '../catalogue.ts'
import { markdownPages } from './markdown.ts'

/** Not in the image: there is nothing to compare then. */
const DOCS = path.resolve(import.meta.dirname, '../../../docs')
const PAGES = path.join(DOCS, 'events')

/** The pages of docs/events that are not as this release is: missing, different or left over. */
export function outdatedPages(catalogue: Catalogue): string[] {
  if (!existsSync(DOCS)) return []
  const pages = markdownPages(catalogue)
  const there = existsSync(PAGES) ? readdirSync(PAGES) : []
  const isOutdated = (name: string) =>
    !there.includes(name) || !pages.has(name) || readFileSync(path.join(PAGES, name), 'utf8') !== pages.get(name)
  return [...new Set([...pages.keys(), ...there])].filter(isOutdated).map((name) => path.join(PAGES, name))
}

/** Writes the pages that are not as this release is. @returns their files */
export function writePages(catalogue: Catalogue): string[] {
  const outdated = outdatedPages(catalogue)
  const pages = markdownPages(catalogue)
  mkdirSync(PAGES, { recursive: true })
  for (const file of outdated) {
    const text = pages.get(path.basename(file))
    if (text === undefined) rmSync(file)
    else writeFileSync(file, text)
  }
  return outdated
}
