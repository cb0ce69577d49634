import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'

const kilobytes = (bytes: number) => `${(bytes / 1_000).toFixed(1).padStart(7)} kB`

/** What a browser is sent, compressed by gzip: at first, and later with the page that needs it. */
export function sizesOf(folder: string): string {
  const index = readFileSync(path.join(folder, 'index.html'), 'utf8')
  const files = readdirSync(path.join(folder, 'assets'))
    .map((name) => ({ name, bytes: gzipSync(readFileSync(path.join(folder, 'assets', name))).length }))
    .toSorted((a, b) => b.bytes - a.bytes)
  const table = (title: string, isOfIt: (name: string) => boolean) => {
    const parts = files.filter(({ name }) => isOfIt(name))
    const sum = parts.reduce((total, { bytes }) => total + bytes, 0)
    return [`${kilobytes(sum)}  ${title}`, ...parts.map(({ name, bytes }) => `  ${kilobytes(bytes)}  ${name}`)]
  }
  return [
    ...table('at first, gzip', (name) => index.includes(name)),
    ...table('later, with the page that needs it', (name) => !index.includes(name)),
  ].join('\n')
}
