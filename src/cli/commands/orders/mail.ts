import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { Option, type Command } from 'commander'
import { LANGUAGES, previewMails } from '#domains/notification'
import { exits } from '../../run.ts'
import { EXIT, say } from '../../terminal/output.ts'

interface Wanted {
  locale: string
  to?: string
}

/** The mails to customers, without sending one. */
export function addMail(program: Command): void {
  const mail = program.command('mail').description('the mails that customers get')
  mail
    .command('preview [event]')
    .description('write the mail about an event such as order.confirmed, or about each, as it would be sent')
    .addOption(
      new Option('--locale <locale>', `BCP 47, such as de-AT; languages: ${LANGUAGES.join(', ')}`).default('en'),
    )
    .addOption(new Option('--to <folder>', 'write HTML files there, in place of the text here'))
    .action(exits(preview))
}

async function preview(event: string | undefined, { locale, to }: Wanted): Promise<number> {
  const all = previewMails(locale)
  const mails = event === undefined ? all : all.filter(({ name }) => name === event)
  if (mails.length === 0) {
    say(`There is no mail about ${event}: ${all.map(({ name }) => name).join(', ')}`)
    return EXIT.refused
  }
  for (const { name, subject, text, html } of mails) {
    if (to === undefined) say(`--- ${name}\nSubject: ${subject}\n\n${text}`)
    else say(`Written: ${write(to, `${name}.${locale}.html`, html)}`)
  }
  return EXIT.ok
}

function write(folder: string, name: string, content: string): string {
  const file = path.join(folder, name.replaceAll(/[^\w.-]/g, '-'))
  mkdirSync(folder, { recursive: true })
  writeFileSync(file, content)
  return file
}
