import { createTransport } from 'nodemailer'
import { DependencyUnavailable, Unrecoverable } from '#messaging'
import { compose, type Mail } from './compose.ts'

export interface Mailer {
  /**
   * Hands the mail to the server. Returns when the server has accepted it.
   * @throws Unrecoverable when the server refuses the recipient or the mail for good
   * @throws DependencyUnavailable when the server cannot be reached, is closing or does not let us in
   */
  send(mail: Mail, signal?: AbortSignal): Promise<void>
  close(): void
}

/** Mails over a few connections that stay open. `smtpUrl` may carry user and password, and nodemailer's options as query. */
export function openMailer(smtpUrl: string): Mailer {
  const transport = createTransport({
    url: smtpUrl,
    pool: true,
    maxConnections: 5,
    maxMessages: 1_000,
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: 10_000,
  })
  transport.on('error', () => {}) // a connection broke: the mail it carried is told by its own rejection
  return {
    async send({ to, ...mail }, signal) {
      const checked = { name: oneLine(to.name), address: checkedAddress(to.address) }
      const { envelope, source } = compose({ ...mail, to: checked })
      await transport.sendMail({ envelope, raw: source, ...(signal && { signal }) }).catch((error: unknown) => {
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

/** The error by the decision it allows. A temporary refusal (4xx) stays what it is: try again later. */
function decided(cause: SmtpError): Error {
  const { code = '', responseCode = 0, message } = cause
  if (responseCode === CLOSING || AUTHENTICATION.has(responseCode) || AWAY.has(code))
    return new DependencyUnavailable(`The mail server is not available: ${message}`, { cause })
  if (responseCode >= 500) return new Unrecoverable(`The mail server refuses the mail: ${message}`, { cause })
  return cause
}

// Stricter than RFC 5322 on purpose: no comments, no quoting, no lists, no line breaks.
const ADDRESS = /^[^\s@<>()[\]\\,;:"]+@[^\s@<>()[\]\\,;:"]+$/

function checkedAddress(address: string): string {
  if (ADDRESS.test(address) && address.length <= 254) return address
  throw new Unrecoverable('The customer has no e-mail address that a mail could be sent to')
}

function oneLine(text: string): string {
  // oxlint-disable-next-line no-control-regex -- control characters are what must not reach a header
  return text.replace(/[\u0000-\u001f\u007f\u2028\u2029]+/g, ' ').trim()
}
