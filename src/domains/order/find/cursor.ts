import { Refusal } from '#http'
import { isByUpdate, type Sort } from './query.ts'

/** The last order of a page, in the order of its sort: new orders and changes shift nothing of what follows. */
export interface Cursor {
  readonly id: string
  /** When it was changed, where that is the sort. */
  readonly updatedAt?: Date | undefined
}

const ID = 16
const MOMENT = 6

export function toCursor({ id, updatedAt }: Required<Cursor>, sort: Sort): string {
  const bytes = Buffer.from(id.replaceAll('-', ''), 'hex')
  if (!isByUpdate(sort)) return bytes.toString('base64url')
  const moment = Buffer.alloc(MOMENT)
  moment.writeUIntBE(updatedAt!.getTime(), 0, MOMENT)
  return Buffer.concat([moment, bytes]).toString('base64url')
}

/** @throws Refusal for what is not the `next` of a page in this sort */
export function readCursor(cursor: string, sort: Sort): Cursor {
  const bytes = Buffer.from(cursor, 'base64url')
  const parts = /^(.{8})(.{4})(.{4})(.{4})(.{12})$/.exec(bytes.subarray(-ID).toString('hex'))
  if (parts && bytes.length === (isByUpdate(sort) ? MOMENT + ID : ID)) {
    const id = parts.slice(1).join('-')
    return isByUpdate(sort) ? { id, updatedAt: new Date(bytes.readUIntBE(0, MOMENT)) } : { id }
  }
  throw new Refusal('invalid', 'validation-failed', 'The cursor is not one that this API has given out.', {
    faults: [{ parameter: 'cursor', detail: 'must be the `next` of an earlier page with the same sort' }],
  })
}
