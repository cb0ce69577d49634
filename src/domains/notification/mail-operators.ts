import { uuidv7 } from '#platform/uuid'
import { html } from './letter/html.ts'
import type { Mailer } from './mail/mailer.ts'

/** Writes to operators, in plain words; it stands in no journal. @throws what `Mailer.send` throws */
export async function writeToOperators(mailer: Mailer, to: string, subject: string, text: string): Promise<void> {
  const id = uuidv7()
  await mailer.send({
    to: { name: '', address: to },
    subject,
    text,
    html: html`<pre>${text}</pre>`.markup,
    messageId: `<${id}@fanfare.example>`,
    eventId: id,
  })
}
