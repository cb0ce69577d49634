import { request } from 'undici'
import { mailOperators } from '#domains/notification'
import { defineSettings, url } from '#platform/settings'
import { z } from 'zod'
import type { Alert, Told } from './decide.ts'

const settings = defineSettings({
  /** Gets a POST for alerts, as JSON with a `text` that chats show. Empty: none. */
  ALERT_WEBHOOK_URL: z.union([z.literal(''), url(['http', 'https'], 'https://chat.example/hooks/1')]).default(''),
  /** Gets mails for alerts, through SMTP_URL. Empty: none. */
  ALERT_MAIL_TO: z.union([z.literal(''), z.email('must be an e-mail address')]).default(''),
})

const ANSWER_MS = 10_000

/** Somebody who is to be told. */
export interface Receiver {
  /** Stable: what was told is remembered by it. */
  name: string
  /** Everything of one look in one message. @throws when they could not be told */
  tell(open: readonly Alert[], over: readonly Told[]): Promise<void>
}

export function listReceivers(): Receiver[] {
  const { ALERT_WEBHOOK_URL: webhook, ALERT_MAIL_TO: mailTo } = settings()
  return [
    ...(webhook === '' ? [] : [{ name: 'by webhook', tell: byWebhook(webhook) }]),
    ...(mailTo === '' ? [] : [{ name: 'by mail', tell: byMail(mailTo) }]),
  ]
}

const byWebhook =
  (url: string): Receiver['tell'] =>
  (open, over) =>
    post(url, {
      text: textOf(open, over),
      open,
      over: over.map(({ key, sentence, since }) => ({ key, sentence, since })),
    })

const byMail =
  (to: string): Receiver['tell'] =>
  (open, over) =>
    mailOperators(to, subjectOf(open, over), textOf(open, over))

const textOf = (open: readonly Alert[], over: readonly Told[]) =>
  [
    ...open.map(({ sentence, runbook }) => `${sentence} What to do: ${runbook}`),
    ...over.map(({ sentence }) => `Over: ${sentence}`),
  ].join('\n')

function subjectOf(open: readonly Alert[], over: readonly Told[]): string {
  const counts = [open.length > 0 && `${open.length} to look at`, over.length > 0 && `${over.length} over`]
  return `Fanfare: ${counts.filter(Boolean).join(', ')}`
}

async function post(to: string, body: object): Promise<void> {
  const headers = { 'content-type': 'application/json' }
  const options = {
    method: 'POST',
    headers,
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(ANSWER_MS),
  } as const
  const { statusCode, body: answer } = await request(to, options)
  await answer.dump()
  if (statusCode >= 300) throw new Error(`ALERT_WEBHOOK_URL answered ${statusCode}`)
}
