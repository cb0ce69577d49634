import { createHash } from 'node:crypto'

/** An error, or what is kept of one. */
type Told = Pick<Error, 'name' | 'message'>

/** What errors that differ only in ids, numbers and quoted values have in common: those differ from order to order. */
export function patternOf({ name, message }: Told): string {
  const pattern = message
    .replaceAll(/[0-9a-f]{8}-[0-9a-f-]{27}/gi, '<id>')
    .replaceAll(QUOTED, '<text>')
    .replaceAll(/\d+/g, '<n>')
  return `${name}\n${pattern}`
}

const QUOTED = /'[^']*'|"[^"]*"/g

/**
 * Numbers that say what has failed, where a word tells that they do: `answered 550 5.1.1`, `answered card_declined (402)`, `status code 503`,
 * `HTTP/1.1 404`, `exit code 137`, `SQLSTATE 57P03`, and Prisma's Code: `23505`.
 */
const CODES = [
  /\b(?:answered|replied|responded with|status(?:[ _]?code)?|(?:error|reply|response|exit) code|HTTP(?:\/[\d.]+)?|SMTP|errno)\b[\s:=]*\d{1,5}\b(?![.,:/]\d|-\d\d)(?: \d\.\d{1,3}\.\d{1,3}\b)?/gi,
  /\banswered [^'"():]{1,80} \(\d{3}\)/g,
  /\bSQLSTATE[\s:=]*[0-9A-Z]{5}\b|\bCode: `\w+`/g,
]

/** Equal for failures of one cause: their pattern, and the codes in it. What has none is told as by releases that knew no codes. */
export function causeOf(error: Told): string {
  const said = error.message.replaceAll(QUOTED, '')
  return [patternOf(error), ...CODES.flatMap((code) => said.match(code) ?? [])].join('\n')
}

/** The name of a cause among the failures of a reaction. */
export function fingerprintOf(reaction: string, eventType: string | undefined, reason: string, error: Error): string {
  return createHash('sha256')
    .update([reaction, eventType, reason, causeOf(error)].join('\n'))
    .digest('hex')
    .slice(0, 12)
}
