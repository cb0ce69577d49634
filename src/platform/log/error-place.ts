import path from 'node:path'

/** `workers/payment/capture-payment.ts:12`: the first place of our own in the stack of an error or of its causes. */
export function errorPlace(error: unknown, root = process.cwd()): string | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const place = at.stack
      ?.split('\n')
      .map((line) => placeOf(line, root))
      .find(Boolean)
    if (place) return place
  }
  return undefined
}

function placeOf(frame: string, root: string): string | undefined {
  const [, file, line] = /^\s+at .*?(?:file:\/\/)?(\/[^():]+):(\d+):\d+\)?$/.exec(frame) ?? []
  if (file === undefined || file.includes('/node_modules/')) return undefined
  const place = path.relative(root, file)
  return place.startsWith('..') ? undefined : `${place}:${line}`
}
