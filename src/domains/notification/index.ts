import { DependencyUnavailable, type CallContext } from '#messaging'
import type { Occasion } from './letter/letters.ts'
import { openMailer, type Mailer } from './mail/mailer.ts'
import { writeToOperators } from './mail-operators.ts'
import { settings } from './settings.ts'
import { tellCustomer, type Recipient } from './tell-customer.ts'
import { createHttpProvider } from './text/http-provider.ts'
import type { TextOccasion } from './text/text-about.ts'
import { textCustomer as tell } from './text/text-customer.ts'

export { LANGUAGES } from './letter/words/choose-words.ts'
export { previewMails, previewPage, previewTexts, sizeOf, type MailPreview } from './preview.ts'
export { mailsAbout } from './mails-about.ts'
export { pruneSentMails } from './prune-sent-mails.ts'

let mailer: Mailer | undefined

/** Writes to the customer through the mail server of this process's configuration. See `tellCustomer`. */
export function mailCustomer(occasion: Occasion, customer: Recipient, context: CallContext): Promise<void> {
  mailer ??= openMailer(settings().SMTP_URL)
  return tellCustomer(occasion, customer, { ...context, mailer })
}

/** Whether customers are texted: whether SMS_URL is set. */
export const areTextsOn = () => settings().SMS_URL !== undefined

/** Texts the customer through the provider of this process's configuration. See `textCustomer`. */
export function textCustomer(occasion: TextOccasion, context: CallContext): Promise<void> {
  const { SMS_URL: url, SMS_TOKEN: token, SMS_SENDER: sender } = settings()
  if (url === undefined) throw new DependencyUnavailable('SMS_URL is not set')
  return tell(occasion, { ...context, provider: createHttpProvider({ url, token, sender }) })
}

/** Writes to operators through the same mail server. */
export function mailOperators(to: string, subject: string, text: string): Promise<void> {
  mailer ??= openMailer(settings().SMTP_URL)
  return writeToOperators(mailer, to, subject, text)
}

/** Closes the connections to the mail server; the next mail opens them again. */
export function closeMailer(): void {
  mailer?.close()
  mailer = undefined
}
