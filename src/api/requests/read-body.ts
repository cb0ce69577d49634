import express, { type Request, type Response } from 'express'
import { Problem } from '#http'

/** Most bytes of a request's body. */
const BODY_LIMIT = 256 * 1024

const parse = express.json({ limit: BODY_LIMIT, strict: false })

const parseBytes = express.raw({ limit: BODY_LIMIT, type: () => true, inflate: false })

export function readBytes(request: Request, response: Response): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    parseBytes(request, response, (error?: unknown) => {
      if (error !== undefined) reject(error)
      else resolve(Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0))
    })
  })
}

/** The same on every version of Node; newer ones would unpack zstd as well. */
const ENCODINGS: ReadonlySet<string> = new Set(['identity', 'gzip', 'deflate', 'br'])

/**
 * Only JSON, and only as much as BODY_LIMIT. An absent body goes on: the schema says what is missing. Express reads what is packed,
 * chunked, too long or of another charset; most bodies are none of it, and read here they cost a quarter.
 */
export async function readJson(request: Request, response: Response): Promise<unknown> {
  const { 'transfer-encoding': chunked, 'content-length': length = 0, 'content-type': type = 'none' } = request.headers
  const { 'content-encoding': encoding } = request.headers
  if (isPlain(type) && encoding === undefined && Number(length) > 0 && Number(length) <= BODY_LIMIT)
    return readPlain(request)
  const empty = chunked === undefined && Number(length) === 0
  if (!empty && !request.is('application/json')) {
    const detail = `Send the body as Content-Type: application/json (got ${type}).`
    throw new Problem(415, 'unsupported-media-type', detail, { headers: { Accept: 'application/json' } })
  }
  if (!ENCODINGS.has((encoding ?? 'identity').toLowerCase()))
    throw new Problem(415, 'unsupported-media-type', 'Send the body plain, or as gzip, deflate or br.', {
      headers: { 'Accept-Encoding': 'gzip, deflate, br' },
    })
  await new Promise<void>((resolve, reject) => {
    parse(request, response, (error?: unknown) => (error === undefined ? resolve() : reject(error)))
  })
  return request.body as unknown
}

const isPlain = (type: string) => type === 'application/json' || /^application\/json; ?charset=utf-8$/i.test(type)

/** A body of a known length: Node gives no more of it. @throws errors of the types that Express has for them */
async function readPlain(request: Request): Promise<unknown> {
  if (request.destroyed) throw aborted(new Error('Whoever asked left before it was read')) // nothing would be heard of it any more
  const chunks = await new Promise<Buffer[]>((resolve, reject) => {
    const read: Buffer[] = []
    request.on('data', (chunk: Buffer) => read.push(chunk))
    request.on('end', () => resolve(read))
    request.on('error', (error) => reject(aborted(error)))
  })
  const text = (chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks)).toString()
  try {
    return JSON.parse(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text) as unknown
  } catch (error) {
    throw Object.assign(error as SyntaxError, { type: 'entity.parse.failed' })
  }
}

const aborted = (error: Error) => Object.assign(error, { type: 'request.aborted' })

const BYTE_ORDER_MARK = '\uFEFF'
