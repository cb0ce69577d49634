import { createHash, type Hash } from 'node:crypto'
import { createInterface } from 'node:readline'
import { PassThrough, Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import type { Store } from './store/store.ts'

export interface Written {
  rows: number
  /** Of the file as it lies there, in hexadecimal: what `sha256sum` says. */
  sha256: string
}

/** Stores pages of lines as a file, compressed by gzip if its name ends in `.gz`. The same lines make the same file. */
export async function writeLines(
  store: Store,
  name: string,
  pages: AsyncIterable<readonly string[]>,
): Promise<Written> {
  const hash = createHash('sha256')
  let rows = 0
  const texts = async function* () {
    for await (const lines of pages) {
      rows += lines.length
      if (lines.length > 0) yield `${lines.join('\n')}\n`
    }
  }
  const bytes = into(hash)
  const packed = pipeline(Readable.from(texts()), name.endsWith('.gz') ? createGzip() : new PassThrough(), bytes)
  await Promise.all([packed, store.put(name, bytes)])
  return { rows, sha256: hash.digest('hex') }
}

/** Reads a file that `writeLines` wrote, compressed, from end to end. @returns what it holds indeed */
export async function measure(store: Store, name: string): Promise<Written> {
  const hash = createHash('sha256')
  let rows = 0
  await pipeline(await store.get(name), into(hash), createGunzip(), async (texts: AsyncIterable<Buffer>) => {
    for await (const text of texts) for (const byte of text) if (byte === NEWLINE) rows++
  })
  return { rows, sha256: hash.digest('hex') }
}

const NEWLINE = 10

/** The lines of a file, page by page; of a gzip file where its name says so. */
export async function* readLines(store: Store, name: string, pageSize: number): AsyncGenerator<string[]> {
  const bytes = await store.get(name)
  const text = name.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes
  bytes.on('error', (error) => text.destroy(error))
  let page: string[] = []
  try {
    for await (const line of createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line === '') continue
      page.push(line)
      if (page.length < pageSize) continue
      yield page
      page = []
    }
    if (page.length > 0) yield page
  } finally {
    bytes.destroy()
  }
}

const into = (hash: Hash) =>
  new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
  })
