import { createHash } from 'node:crypto'

/** What failures of one cause have in common: ids, numbers and quoted values are left out, they differ from order to order. */
export function patternOf({ name, message }: Error): string {
  const pattern = message
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/gi, '<id>')
    .replaceAll(/'[^']*'|"[^"]*"/g, '<text>')
    .replaceAll(/\d+/g, '<n>')
  return `${name}\n${pattern}`
}

/** Equal for failures of one cause. */
export function fingerprintOf(reaction: string, eventType: string | undefined, reason: string, error: Error): string {
  return createHash('sha256')
    .update([reaction, eventType, reason, patternOf(error)].join('\n'))
    .digest('hex')
    .slice(0, 12)
}
