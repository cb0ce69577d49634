import { createHash, type Hash } from 'node:crypto'
import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { PassThrough, Readable, Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'

export interface Written {
  rows: number
  /** Of the file as it lies on the disk, in hexadecimal: what `sha256sum` says. */
  sha256: string
}

/**
 * Writes pages of lines into a file, compressed by gzip if its name ends in `.gz`, and has them on the disk when it answers. The
 * same lines make the same file.
 */
export async function writeLines(file: string, pages: AsyncIterable<readonly string[]>): Promise<Written> {
  const hash = createHash('sha256')
  let rows = 0
  const texts = async function* () {
    for await (const lines of pages) {
      rows += lines.length
      if (lines.length > 0) yield `${lines.join('\n')}\n`
    }
  }
  const packed = file.endsWith('.gz') ? createGzip() : new PassThrough()
  await pipeline(Readable.from(texts()), packed, into(hash), createWriteStream(file, { flush: true }))
  return { rows, sha256: hash.digest('hex') }
}

/** Reads a file that `writeLines` wrote from end to end. @returns what it holds indeed */
export async function measure(file: string): Promise<Written> {
  const hash = createHash('sha256')
  let rows = 0
  await pipeline(createReadStream(file), into(hash), createGunzip(), async (texts: AsyncIterable<Buffer>) => {
    for await (const text of texts) for (const byte of text) if (byte === NEWLINE) rows++
  })
  return { rows, sha256: hash.digest('hex') }
}

const NEWLINE = 10

/** The lines of a file, page by page; of a gzip file where its name says so. */
export async function* readLines(file: string, pageSize: number): AsyncGenerator<string[]> {
  const bytes = createReadStream(file)
  const text = file.endsWith('.gz') ? bytes.pipe(createGunzip()) : bytes
  bytes.on('error', (error) => text.destroy(error))
  let page: string[] = []
  for await (const line of createInterface({ input: text, crlfDelay: Number.POSITIVE_INFINITY })) {
    if (line === '') continue
    page.push(line)
    if (page.length < pageSize) continue
    yield page
    page = []
  }
  if (page.length > 0) yield page
}

const into = (hash: Hash) =>
  new Transform({
    transform(chunk: Buffer, _encoding, done) {
      hash.update(chunk)
      done(null, chunk)
    },
  })
