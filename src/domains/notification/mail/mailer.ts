import { createTransport } from 'nodemailer'
import { NO_ADDRESS } from '#events'
import { DependencyUnavailable, Unrecoverable } from '#messaging'
import { inSpan, SpanKind } from '#platform/tracing'
import { compose, type Mail } from './compose.ts'
import { limited } from './limited.ts'

export interface Mailer {
  /**
   * Hands the mail to the server. Returns when the server has accepted it.
   * @param signal ends the wait for a free connection. A mail that has one is not interrupted: the server may have taken it
   * already, or take it from what was sent, and would then be sent another one
   * @throws Unrecoverable when the server refuses the recipient or the mail for good
   * @throws DependencyUnavailable when the server is away or does not let us in; see `decided`
   */
  send(mail: Mail, signal?: AbortSignal): Promise<void>
  close(): void
}

const CONNECTIONS = 5

/** Mails over a few connections that stay open. `smtpUrl` may carry user and password, and nodemailer's options as query. */
export function openMailer(smtpUrl: string): Mailer {
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: CONNECTIONS,
    maxMessages: 1_000,
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: 10_000,
  })
  transport.on('error', () => {}) // a connection broke: the mail it carried is told by its own rejection
  const inTurn = limited(CONNECTIONS)
  return {
    async send({ to, ...mail }, signal) {
      const checked = { name: oneLine(to.name), address: checkedAddress(to.address) }
      const { envelope, source } = compose({ ...mail, to: checked })
      const sending = () =>
        inSpan('send mail', { kind: SpanKind.CLIENT }, () => transport.sendMail({ envelope, raw: source }))
      await inTurn(sending, signal).catch((error: unknown) => {
        throw decided(error as SmtpError)
      })
    },
    close: () => transport.close(),
  }
}

interface SmtpError extends Error {
  /** nodemailer's, such as ECONNECTION or EENVELOPE. */
  code?: string | undefined
  /** The server's three digits. */
  responseCode?: number | undefined
  /** All that the server said. */
  response?: string | undefined
  /** What it said that to, such as RCPT TO. */
  command?: string | undefined
}

/** Codes of a server that is away or does not let us in: no mail's fault. */
const AWAY = new Set([
  'ECONNECTION',
  'ETIMEDOUT',
  'ESOCKET',
  'EDNS',
  'ETLS',
  'EPROTOCOL',
  'EREQUIRETLS',
  'EAUTH',
  'ENOAUTH',
  'EOAUTH2',
])
const CLOSING = 421
const AUTHENTICATION = new Set([454, 530, 534, 535, 538])
/** Enhanced status codes (RFC 3463) of the mail system itself, as opposed to an address or a mailbox. */
const OF_THE_SYSTEM = /^4\d\d[ -]4\.3\.\d/
const ENHANCED = /^\d{3}[ -](\d\.\d{1,3}\.\d{1,3})\b/

/**
 * The error by the decision it allows. The server's codes and the command it answered come first and its words in quotes,
 * which fingerprints leave out: failures of one cause form one group, whoever was to be written to.
 *
 * | the server                                                                   | what follows                               |
 * | ---------------------------------------------------------------------------- | ------------------------------------------ |
 * | refuses or breaks the connection, has no address, fails at TLS or signing in | DependencyUnavailable                      |
 * | 421; 4xx to anything but a recipient; 4xx with 4.3.x (the mail system)       | DependencyUnavailable                      |
 * | 4xx to RCPT TO otherwise: a full mailbox, greylisting                        | Error: this mail is tried again            |
 * | 5xx                                                                          | Unrecoverable: it never takes this mail    |
 * | has no free connection within the call's time                                | Error: this mail is tried again            |
 */
function decided(cause: SmtpError): Error {
  const { code = '', responseCode = 0, response, command, message } = cause
  const away = responseCode === CLOSING || AUTHENTICATION.has(responseCode) || AWAY.has(code)
  if (away || isOfTheSystem(cause))
    return new DependencyUnavailable(`The mail server is not available: ${response ?? message}`, { cause })
  if (!responseCode) return cause
  const said = response ?? message
  const codes = [responseCode, ...(ENHANCED.exec(said)?.slice(1) ?? [])].join(' ')
  const answered = `The mail server answered ${codes} to ${command}: "${said.replaceAll('"', "'")}"`
  return responseCode >= 500 ? new Unrecoverable(answered, { cause }) : new Error(answered, { cause })
}

function isOfTheSystem({ responseCode = 0, response = '', command }: SmtpError): boolean {
  const isForNow = responseCode >= 400 && responseCode < 500
  return isForNow && (command !== 'RCPT TO' || OF_THE_SYSTEM.test(response))
}

// Stricter than RFC 5322 on purpose: no comments, no quoting, no lists, no line breaks.
const ADDRESS = /^[^\s@<>()[\]\\,;:"]+@[^\s@<>()[\]\\,;:"]+$/

function checkedAddress(address: string): string {
  if (address === NO_ADDRESS) throw new Unrecoverable('The customer was forgotten: there is nobody to write to')
  if (ADDRESS.test(address) && address.length <= 254) return address
  throw new Unrecoverable('The customer has no e-mail address that a mail could be sent to')
}

function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what must not reach a header
  return text.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').trim()
}
