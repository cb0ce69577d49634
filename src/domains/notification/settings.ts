import { z } from 'zod'
import { defineSettings, url } from '#platform/settings'

export const settings = defineSettings({
  /** The mail server, with user and password, and options of nodemailer as query; npm start runs a mail catcher. */
  SMTP_URL: url(['smtp', 'smtps'], 'smtp://host:1025').default('smtp://127.0.0.1:1025'),
  /** Where texts are handed over (docs/text-messages.md). Unset: no customer is texted. */
  SMS_URL: url(['http', 'https'], 'https://sms.example/v1/messages').optional(),
  /** Bearer token of the SMS provider. */
  SMS_TOKEN: z.string().optional(),
  /** Who texts are from. */
  SMS_SENDER: z
    .string()
    .regex(
      /^([A-Za-z0-9 ]{1,11}|\+[1-9]\d{6,14})$/,
      'must be a name of at most 11 letters and digits, or a number such as +447700900123',
    )
    .default('Fanfare'),
})
