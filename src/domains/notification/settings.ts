import { defineSettings, url } from '#platform/settings'

export const settings = defineSettings({
  /** The mail server, with user and password, and options of nodemailer as query; npm start runs a mail catcher. */
  SMTP_URL: url(['smtp', 'smtps'], 'smtp://host:1025').default('smtp://127.0.0.1:1025'),
})
