import type { z } from 'zod'
import { invalid, Problem, toProblem } from '../problem.ts'
import type { BulkOutcome } from './bulk-outcome.ts'
import { readLines, type RawLine } from './read-lines.ts'

/** Limits of one request with many lines. */
export const BULK = { lines: 10_000, lineBytes: 64 * 1024, bytes: 32 * 1024 * 1024 } as const
/** Lines of one transaction. */
const AT_ONCE = 200
const MOST_FAULTS = 5

/** What became of a line: what the answer tells of it, or why it is refused. */
export type Carried =
  Omit<Extract<BulkOutcome, { outcome: 'created' | 'changed' | 'unchanged' | 'booked' }>, 'line'> | Error

export interface Work<Item> {
  line: z.ZodType<Item>
  /** Carries them out in their order, all or none; one outcome for each. */
  carryOut(items: readonly Item[]): Promise<readonly Carried[]>
}

/**
 * Carries a body out line by line, a portion in a transaction, and answers each line once that has committed. A line that is refused
 * does not harm the others. It ends early, and says so, at a limit or when the database is away.
 */
export async function* carryOutLines<Item>(
  chunks: AsyncIterable<Uint8Array>,
  work: Work<Item>,
): AsyncGenerator<BulkOutcome[]> {
  const sum = { lines: 0, refused: 0 }
  let stopped: string | undefined
  try {
    for await (const lines of readLines(limited(chunks), BULK.lineBytes)) {
      const allowed = lines.filter(({ number }) => number <= BULK.lines)
      for (let from = 0; from < allowed.length && !stopped; from += AT_ONCE) {
        const outcomes = await carryPortion(allowed.slice(from, from + AT_ONCE), work)
        sum.lines += outcomes.length
        sum.refused += outcomes.filter((one) => 'code' in one).length
        stopped = outcomes.flatMap((one) => ('code' in one && isNobodysFault(one.code) ? one.code : []))[0]
        if (outcomes.length > 0) yield outcomes
      }
      if (allowed.length < lines.length) stopped ??= 'too-many-lines'
      if (stopped) break
    }
  } catch (error) {
    if (!(error instanceof Problem)) throw error // the connection broke
    stopped = error.code
  }
  yield [{ end: true, ...sum, ...(stopped !== undefined && { stopped }) }]
}

const isNobodysFault = (code: string) => code === 'database-unavailable' || code === 'too-busy'

export const bodyTooLarge = () =>
  new Problem(413, 'body-too-large', `The body is larger than ${BULK.bytes} bytes. Send less at once.`)

async function* limited(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let bytes = 0
  for await (const chunk of chunks) {
    bytes += chunk.length
    if (bytes > BULK.bytes) throw bodyTooLarge()
    yield chunk
  }
}

async function carryPortion<Item>(lines: readonly RawLine[], { line, carryOut }: Work<Item>): Promise<BulkOutcome[]> {
  const read = lines
    .filter(({ text }) => text?.trim() !== '')
    .map((raw) => ({ number: raw.number, ...parse(raw, line) }))
  const good = read.flatMap((one) => ('item' in one ? [one.item] : []))
  const carried = good.length > 0 ? [...(await allOrEach(good, carryOut))] : []
  return read.map((one): BulkOutcome => {
    const result = 'item' in one ? carried.shift()! : one.problem
    return result instanceof Error ? refused(one.number, toProblem(result)) : { line: one.number, ...result }
  })
}

/** Together; or, when that fails because of one of them, one by one. */
async function allOrEach<Item>(items: readonly Item[], carryOut: Work<Item>['carryOut']): Promise<readonly Carried[]> {
  try {
    return await carryOut(items)
  } catch (thrown) {
    const error = thrown as Error
    if (items.length === 1 || isNobodysFault(toProblem(error).code)) return items.map(() => error)
    const each: Carried[] = []
    for (const item of items) each.push(...(await allOrEach([item], carryOut)))
    return each
  }
}

function parse<Item>({ text, fault }: RawLine, schema: z.ZodType<Item>): { item: Item } | { problem: Problem } {
  if (text === undefined) return { problem: faulty(fault!) }
  try {
    const { data, error } = schema.safeParse(JSON.parse(text))
    return error ? { problem: invalid('body', error) } : { item: data }
  } catch (cause) {
    return { problem: new Problem(400, 'invalid-json', 'The line is not valid JSON.', { cause }) }
  }
}

const faulty = (fault: NonNullable<RawLine['fault']>) =>
  fault === 'line-too-long'
    ? new Problem(413, fault, `The line is longer than ${BULK.lineBytes} bytes.`)
    : new Problem(400, fault, 'The line is not UTF-8.')

function refused(line: number, { code, message, faults }: Problem): BulkOutcome {
  const errors = faults?.slice(0, MOST_FAULTS)
  return {
    line,
    outcome: 'refused',
    code,
    detail: message.replace('The body does', 'The line does'),
    ...(errors && { errors }),
  }
}
