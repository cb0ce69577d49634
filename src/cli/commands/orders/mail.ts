import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Option, type Command } from 'commander'
import { LANGUAGES, previewMails, previewPage, type MailPreview } from '#domains/notification'
import { exits } from '../../run.ts'
import { EXIT, say } from '../../terminal/output.ts'

interface Wanted {
  locale?: string
  to?: string
}

/** The mails to customers, without sending one. */
export function addMail(program: Command): void {
  const mail = program.command('mail').description('the mails that customers get')
  mail
    .command('preview [event]')
    .description('write the mail about an event such as order.confirmed, or about each, as it would be sent')
    .addOption(new Option('--locale <locale>', `BCP 47, such as de-AT; languages: ${LANGUAGES.join(', ')}`))
    .addOption(
      new Option('--to <folder>', 'write HTML files there, and a page of all; in every language without --locale'),
    )
    .action(exits(preview))
}

async function preview(event: string | undefined, { locale, to }: Wanted): Promise<number> {
  const locales = locale !== undefined ? [locale] : to === undefined ? ['en'] : LANGUAGES
  const all = locales.flatMap(previewMails)
  const mails = event === undefined ? all : all.filter(({ name }) => name === event)
  if (mails.length === 0) {
    say(`There is no mail about ${event}: ${[...new Set(all.map(({ name }) => name))].join(', ')}`)
    return EXIT.refused
  }
  if (to === undefined) for (const { name, subject, text } of mails) say(`--- ${name}\nSubject: ${subject}\n\n${text}`)
  else writeTo(to, mails)
  return EXIT.ok
}

const fileOf = ({ name, locale }: MailPreview) => `${name}.${locale}.html`.replaceAll(/[^\w.-]/g, '-')

function writeTo(folder: string, mails: readonly MailPreview[]): void {
  mkdirSync(folder, { recursive: true })
  for (const mail of mails) writeFileSync(path.join(folder, fileOf(mail)), mail.html)
  const page = path.join(folder, 'index.html')
  writeFileSync(page, previewPage(mails, fileOf))
  say(`Written: ${mails.length} mails, and ${page} shows them all`)
}
