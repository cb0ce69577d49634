import { createHash, type Hash } from 'node:crypto'
import { PassThrough, Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'
import type { Store } from '../store/store.ts'

export interface Written {
  rows: number
  /** Of the file as it lies there, in hexadecimal: what `sha256sum` says. */
  sha256: string
}

/** Lines that are read or stored together: one text, since a million strings cost more than what is in them. */
export interface Page {
  /** Each line ends in a newline. */
  text: string
  rows: number
}

/** Of gzip. Its usual 6 makes such lines an eighth smaller and takes two and a half times as long. */
const LEVEL = 3
/** Bytes that it hands on at a time. */
const CHUNK = 256 * 1024

/** Stores pages of lines as a file, compressed by gzip if its name ends in `.gz`. The same lines make the same file. */
export async function writeLines(
  store: Store,
  name: string,
  pages: AsyncIterable<Page>,
  signal?: AbortSignal,
): Promise<Written> {
  const hash = createHash('sha256')
  let rows = 0
  const texts = async function* () {
    for await (const page of pages) {
      signal?.throwIfAborted()
      rows += page.rows
      yield page.text
    }
  }
  const bytes = into(hash)
  const packed = pipeline(
    Readable.from(texts()),
    name.endsWith('.gz') ? createGzip({ level: LEVEL, chunkSize: CHUNK }) : new PassThrough(),
    bytes,
  )
  await Promise.all([packed, store.put(name, bytes)])
  return { rows, sha256: hash.digest('hex') }
}

/** Reads a file that `writeLines` wrote, compressed, from end to end. @returns what it holds indeed */
export async function measure(store: Store, name: string): Promise<Written> {
  const hash = createHash('sha256')
  let rows = 0
  await pipeline(
    await store.get(name),
    into(hash),
    createGunzip({ chunkSize: CHUNK }),
    async (texts: AsyncIterable<Buffer>) => {
      for await (const text of texts) rows += countLines(text)
    },
  )
  return { rows, sha256: hash.digest('hex') }
}

const NEWLINE = 10

function countLines(text: Buffer): number {
  let lines = 0
  for (let at = text.indexOf(NEWLINE); at !== -1; at = text.indexOf(NEWLINE, at + 1)) lines++
  return lines
}

/** The lines of a file, in pages of about two megabytes; of a gzip file where its name says so. */
export async function* readLines(store: Store, name: string): AsyncGenerator<Page> {
  const bytes = await store.get(name)
  const text = name.endsWith('.gz') ? bytes.pipe(createGunzip({ chunkSize: CHUNK })) : bytes
  bytes.on('error', (error) => text.destroy(error))
  let [chunks, size] = [[] as Buffer[], 0]
  const page = (whole: Buffer): Page => ({ text: whole.toString('utf8'), rows: countLines(whole) })
  try {
    for await (const chunk of text as AsyncIterable<Buffer>) {
      chunks.push(chunk)
      size += chunk.length
      if (size < READ_BYTES) continue
      const read = Buffer.concat(chunks)
      const end = read.lastIndexOf(NEWLINE) + 1
      if (end > 0) yield page(read.subarray(0, end))
      ;[chunks, size] = [[read.subarray(end)], read.length - end]
    }
    const rest = Buffer.concat(chunks)
    if (rest.length > 0) yield page(rest.at(-1) === NEWLINE ? rest : Buffer.concat([rest, Buffer.of(NEWLINE)]))
  } finally {
    bytes.destroy()
  }
}

/** Of a page that is stored. */
const READ_BYTES = 2 * 1024 * 1024

/** Of a page that is written; it is held in memory several times on its way. */
export const PAGE_BYTES = 4 * 1024 * 1024

const into = (hash: Hash) =>
  new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
  })
