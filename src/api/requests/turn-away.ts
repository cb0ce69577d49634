import type { IncomingMessage, RequestListener } from 'node:http'
import { Problem, toDocument } from '#http'
import { answer } from '../answer.ts'
import { claimedKey, type Door } from './authenticate.ts'
import { addressOf } from '../limits/index.ts'
import { idFor, noteAnswer } from './observe-requests.ts'

/** Every operation is beneath it that a key is asked for; what is public otherwise stays open. */
const GUARDED = '/v1/'

/**
 * Refuses requests without a host, and strangers from an address of which nothing is left, before Express sees them, which would
 * cost four times as much: a flood of unknown keys takes its time from the requests of everybody else. There is no log line of
 * each, but a figure.
 */
export function turnAway({ keys, limits, trustedProxies = 0 }: Door, next: RequestListener): RequestListener {
  const refusalOf = (request: IncomingMessage) => {
    if (!request.url!.startsWith(GUARDED)) return undefined
    const refusal = limits.spent(addressOf(request, trustedProxies))
    const key = refusal && claimedKey(request.headers)
    return key && keys.isKnown(key) ? undefined : refusal
  }
  return (request, response) => {
    const refusal = lacksHost(request) ? missingHost() : refusalOf(request)
    if (!refusal) return next(request, response)
    const { status, headers } = refusal
    const requestId = idFor(request)
    const text = JSON.stringify(toDocument(refusal, request.url!.split('?', 1)[0]!, requestId))
    noteAnswer({ method: request.method!, route: 'other', status: String(status) }, 0)
    answer(response, status, { type: 'application/problem+json', text }, { ...headers, 'X-Request-Id': requestId })
  }
}

/** Node's own refusal is switched off, because it is no problem document. */
const lacksHost = ({ headers, httpVersion }: IncomingMessage) => headers.host === undefined && httpVersion === '1.1'

const missingHost = () => new Problem(400, 'missing-host', 'An HTTP/1.1 request needs the header Host.')
