/** One place where two JSON values differ. */
export interface Difference {
  /** JSON pointer (RFC 6901); '' is the whole. */
  pointer: string
  /** Missing when it was added. */
  before?: unknown
  /** Missing when it was removed. */
  after?: unknown
}

/** Where two JSON values differ, in document order, down to the values that are not objects or arrays. */
export function differences(before: unknown, after: unknown, pointer = ''): Difference[] {
  if (Object.is(before, after)) return []
  if (!isBranch(before) || !isBranch(after) || Array.isArray(before) !== Array.isArray(after))
    return [{ pointer, before, after }]
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return keys.flatMap((key): Difference[] => {
    const place = `${pointer}/${escape(key)}`
    if (!(key in after)) return [{ pointer: place, before: before[key] }]
    if (!(key in before)) return [{ pointer: place, after: after[key] }]
    return differences(before[key], after[key], place)
  })
}

/**
 * A copy of `document` with the value at `pointer` set; the last part may be new (`-` appends to an array).
 * @throws RangeError when the pointer leads nowhere
 */
export function withValue(document: unknown, pointer: string, value: unknown): unknown {
  if (pointer === '') return value
  if (!pointer.startsWith('/')) throw new RangeError(`'${pointer}' is not a JSON pointer; it begins with a slash.`)
  const parts = pointer.slice(1).split('/').map(unescape)
  const copy = structuredClone(document)
  let at = copy
  for (const part of parts.slice(0, -1)) at = isBranch(at) && part in at ? at[part] : nowhere(pointer)
  const last = parts.at(-1)!
  if (!isBranch(at)) return nowhere(pointer)
  if (Array.isArray(at)) setElement(at, last, value, pointer)
  else Object.defineProperty(at, last, { value, enumerable: true, writable: true, configurable: true })
  return copy
}

function setElement(array: unknown[], key: string, value: unknown, pointer: string) {
  const index = key === '-' ? array.length : Number(key)
  if (!/^(-|0|[1-9]\d*)$/.test(key) || index > array.length) nowhere(pointer)
  array[index] = value
}

function nowhere(pointer: string): never {
  throw new RangeError(`'${pointer}' leads nowhere in this document.`)
}

const isBranch = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
const escape = (key: string) => key.replaceAll('~', '~0').replaceAll('/', '~1')
const unescape = (key: string) => key.replaceAll('~1', '/').replaceAll('~0', '~')
