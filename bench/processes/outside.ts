// Two services that the shop depends on and that can be made to behave badly: a mail server and one for analytics.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { SMTPServer } from 'smtp-server'
import { serveCommands } from '../stage/remote.ts'

export interface Behaviour {
  /** How long the analytics service takes. */
  analyticsMs: number
  /** Whether the mail server takes mails; otherwise it says that it is closing. */
  mails: boolean
}

export interface Seen {
  /** Different recipients of mails. */
  mailed: number
  /** Different orders counted. */
  counted: number
}

let behaviour: Behaviour = { analyticsMs: 0, mails: true }
const mailed = new Set<string>()
const counted = new Set<string>()

const away = () => Object.assign(new Error('out of service'), { responseCode: 421 })

async function start() {
  const smtp = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS'],
    disableReverseLookup: true,
    onConnect: (_session, done) => (behaviour.mails ? done() : done(away())),
    onMailFrom: (_address, _session, done) => (behaviour.mails ? done() : done(away())),
    onData(stream, { envelope }, done) {
      for (const { address } of envelope.rcptTo) mailed.add(address)
      stream.resume()
      stream.on('end', done)
    },
  })
  smtp.on('error', () => {}) // a client went away
  const listening = smtp.listen(0, '127.0.0.1')
  await once(listening, 'listening')
  const analytics = createServer((request, response) => {
    counted.add(request.url!)
    request.resume()
    void wait(behaviour.analyticsMs).then(() => response.end('{}'))
  }).listen(0, '127.0.0.1')
  await once(analytics, 'listening')
  const portOf = (server: { address(): string | AddressInfo | null }) => (server.address() as AddressInfo).port
  return { smtpUrl: `smtp://127.0.0.1:${portOf(listening)}`, analyticsUrl: `http://127.0.0.1:${portOf(analytics)}` }
}

function behave(wanted: Behaviour) {
  behaviour = wanted
}

/** What was seen since the last time this was asked. */
function seen(): Seen {
  const sums = { mailed: mailed.size, counted: counted.size }
  mailed.clear()
  counted.clear()
  return sums
}

serveCommands({ start, behave, seen })
