import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Option, type Command } from 'commander'
import { LANGUAGES, previewMails, previewPage, previewTexts, sizeOf, type MailPreview } from '#domains/notification'
import { exits } from '../../run.ts'
import { EXIT, say } from '../../terminal/output.ts'

interface Wanted {
  locale?: string
  to?: string
}

/** The mails and texts to customers, without sending one. */
export function addMail(program: Command): void {
  const mail = program.command('mail').description('the mails and texts (SMS) that customers get')
  mail
    .command('preview [event]')
    .description(
      'write the mail and the text about an event such as order.shipped, or about each, as they would be sent',
    )
    .addOption(new Option('--locale <locale>', `BCP 47, such as de-AT; languages: ${LANGUAGES.join(', ')}`))
    .addOption(
      new Option('--to <folder>', 'write HTML files there, and a page of all; in every language without --locale'),
    )
    .action(exits(preview))
}

async function preview(event: string | undefined, { locale, to }: Wanted): Promise<number> {
  const locales = locale !== undefined ? [locale] : to === undefined ? ['en'] : LANGUAGES
  const all = { mails: locales.flatMap(previewMails), texts: locales.flatMap(previewTexts) }
  const wanted = ({ name }: { name: string }) => event === undefined || name === event
  const shown = { mails: all.mails.filter(wanted), texts: all.texts.filter(wanted) }
  if (shown.mails.length + shown.texts.length === 0) {
    const names = [...all.mails, ...all.texts].map(({ name }) => name)
    say(`There is no mail and no text about ${event}: ${[...new Set(names)].join(', ')}`)
    return EXIT.refused
  }
  if (to === undefined) print(shown)
  else writeTo(to, shown)
  return EXIT.ok
}

interface Shown {
  mails: readonly MailPreview[]
  texts: ReturnType<typeof previewTexts>
}

function print({ mails, texts }: Shown): void {
  for (const { name, subject, text } of mails) say(`--- ${name}\nSubject: ${subject}\n\n${text}`)
  for (const { name, text, ...size } of texts) say(`--- ${name}, by SMS (${sizeOf(size)})\n\n${text}\n`)
}

const fileOf = ({ name, locale }: MailPreview) => `${name}.${locale}.html`.replaceAll(/[^\w.-]/g, '-')

function writeTo(folder: string, { mails, texts }: Shown): void {
  mkdirSync(folder, { recursive: true })
  for (const mail of mails) writeFileSync(path.join(folder, fileOf(mail)), mail.html)
  const page = path.join(folder, 'index.html')
  writeFileSync(page, previewPage(mails, texts, fileOf))
  say(`Written: ${mails.length} mails; ${page} shows them all, and ${texts.length} texts`)
}
