import { foldLines } from 'nodemailer/lib/mime-funcs'
import MimeNode from 'nodemailer/lib/mime-node'
import { encode, wrap } from 'nodemailer/lib/qp'

export interface Mail {
  to: { name: string; address: string }
  subject: string
  text: string
  html: string
  messageId: string
  /** The event it tells of; lets anybody see a mail that was sent twice. */
  eventId: string
}

/** What goes to the mail server: to whom, and what they read. */
export interface ComposedMail {
  envelope: { from: string; to: string[] }
  source: Buffer
}

const FROM = { name: 'Fanfare', address: 'orders@fanfare.example' }

/** Quoted-printable text never holds `=_`, so no text ends its part by chance (RFC 2045, 6.7). */
const BOUNDARY = '=_fanfare'

/** Knows how nodemailer writes addresses and headers; holds no mail of its own. */
const mime = new MimeNode()

/**
 * Writes the mail in one piece. nodemailer's composer makes a stream for each part and writes each line of headers to the
 * socket by itself, which takes several times as long. `to` must have been checked.
 */
export function compose({ to, subject, text, html, messageId, eventId }: Mail): ComposedMail {
  const headers = [
    `X-Fanfare-Event: ${eventId}`,
    'Auto-Submitted: auto-generated',
    `From: ${FROM.name} <${FROM.address}>`,
    `To: ${mime.encodeHeaderValue('To', to)}`,
    `Subject: ${mime.encodeHeaderValue('Subject', subject)}`,
    `Message-ID: ${messageId}`,
    `Date: ${new Date().toUTCString().replace('GMT', '+0000')}`,
    'MIME-Version: 1.0',
    `Content-Type: multipart/alternative; boundary="${BOUNDARY}"`,
  ].map((header) => foldLines(header, 76))
  const lines = [...headers, '', ...part('plain', text), ...part('html', html), `--${BOUNDARY}--`, '']
  return {
    envelope: { from: FROM.address, to: mime.setEnvelope({ to }).getEnvelope().to },
    source: Buffer.from(lines.join('\r\n')),
  }
}

function part(subtype: 'plain' | 'html', content: string): string[] {
  return [
    `--${BOUNDARY}`,
    `Content-Type: text/${subtype}; charset=utf-8`,
    'Content-Transfer-Encoding: quoted-printable',
    '',
    wrap(encode(content.replace(/\r\n?|\n/g, '\r\n'))),
  ]
}
