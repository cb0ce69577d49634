import { Readable } from 'node:stream'
import SMTPPool from 'nodemailer/lib/smtp-pool'
import { DependencyUnavailable, Unrecoverable } from '#messaging'
import { compose, type ComposedMail, type Mail } from './compose.ts'

export interface Mailer {
  /**
   * Hands the mail to the server. Returns when the server has accepted it.
   * @throws Unrecoverable when the server refuses the recipient or the mail for good
   * @throws DependencyUnavailable when the server cannot be reached, is closing or does not let us in
   */
  send(mail: Mail, signal?: AbortSignal): Promise<void>
  close(): void
}

/** Mails over a few connections that stay open. `smtpUrl` may carry user and password, and options of nodemailer's SMTP pool as query. */
export function openMailer(smtpUrl: string): Mailer {
  const pool = new SMTPPool({
    url: smtpUrl,
    maxConnections: 5,
    maxMessages: 1_000,
    connectionTimeout: 5_000,
    greetingTimeout: 5_000,
    socketTimeout: 10_000,
  })
  return {
    async send({ to, ...mail }, signal) {
      const checked = { name: oneLine(to.name), address: checkedAddress(to.address) }
      const message = asMessage(compose({ ...mail, to: checked }), mail.messageId, signal)
      await new Promise<void>((resolve, reject) => {
        pool.send(message, (error) => (error ? reject(decided(error)) : resolve()))
      })
    },
    close: () => pool.close(),
  }
}

type PoolMessage = Parameters<SMTPPool['send']>[0]

/** What the pool reads of a message; the rest of nodemailer's message is for its composer. */
function asMessage({ envelope, source }: ComposedMail, messageId: string, signal?: AbortSignal): PoolMessage {
  const message = {
    getEnvelope: () => envelope,
    getHeader: () => messageId, // it asks for no other
    messageId: () => messageId,
    createReadStream: () => inOneChunk(source),
  }
  return { data: { signal }, message } as unknown as PoolMessage
}

/** Made anew when a mail moves to another connection. */
function inOneChunk(bytes: Buffer): Readable {
  return new Readable({
    read() {
      this.push(bytes)
      this.push(null)
    },
  })
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
