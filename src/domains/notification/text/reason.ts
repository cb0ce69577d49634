import { STATUS_CODES } from 'node:http'

/**
 * What an answer that is not a success says, for a person: the provider's own code, or the name of the status, and its words in quotes. Of a
 * body of JSON the words are where providers have them (Twilio, Vonage, MessageBird, RFC 9457); of another one, all of it.
 */
export function reasonIn(status: number, body: string): string {
  const error = errorIn(body)
  const words = quotable(WORDS.map((name) => error[name]).find((said) => typeof said === 'string') ?? body)
  const code = ['string', 'number'].includes(typeof error['code'])
    ? quotable(String(error['code']))
    : STATUS_CODES[status]
  return `${code ?? 'no code'} (${status})${words && `: "${words}"`}`
}

type Members = Readonly<Record<string, unknown>>

const WORDS = ['message', 'detail', 'description', 'title']

/** The members that tell of the error: those of `error`, of the first of `errors`, or of the body itself. */
function errorIn(body: string): Members {
  const members = membersOf(parsed(body))
  const { error = membersOf(members['errors'])[0] ?? members } = members
  return typeof error === 'string' ? { message: error } : membersOf(error)
}

const membersOf = (value: unknown): Members => (typeof value === 'object' && value !== null ? (value as Members) : {})

function parsed(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return undefined
  }
}

const MOST_SAID = 300
/** Providers name the number that they do not take, in whatever form; errors stand in logs and dead letters. */
const LIKE_A_NUMBER = /\+?\d(?:[\s().-]*\d){5,}/g

const quotable = (text: string) =>
  text.replaceAll(LIKE_A_NUMBER, '(number)').replaceAll(/\s+/g, ' ').replaceAll('"', "'").trim().slice(0, MOST_SAID)
