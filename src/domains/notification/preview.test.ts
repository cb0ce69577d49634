import { previewMails, previewPage, previewTexts, sizeOf, type MailPreview } from './preview.ts'

const mails = ['en', 'de', 'fr'].flatMap(previewMails)
const texts = ['en', 'de', 'fr'].flatMap(previewTexts)
const fileOf = ({ name, locale }: MailPreview) => `${name}.${locale}.html`

it('shows every mail in every language on one page, and links each', () => {
  const page = previewPage(mails, texts, fileOf)
  expect(mails).toHaveLength(21)
  for (const mail of mails) expect(page).toContain(`<a href="${fileOf(mail)}">${mail.subject}</a>`)
  for (const { text } of texts) expect(page).toContain(text)
})

it('says what each text takes: one segment in every language, in the alphabet of GSM', () => {
  expect(texts).toHaveLength(12)
  expect(new Set(texts.map(sizeOf))).toEqual(new Set(['GSM-7, 1 segment']))
})

it('shows a confirmation with every row that there may be, in the words of the language', () => {
  const told = mails.filter(({ name }) => name === 'order.confirmed').map(({ text }) => text.replaceAll(/\s/g, ' '))
  expect(told).toEqual([
    expect.stringMatching(/Discount SPRING-10 {2}-£125\.90 Shipping: Standard {2}£4\.90 VAT 20% \(included\)/),
    expect.stringMatching(/Rabatt SPRING-10 {2}-125,90 £ Versand: Standard {2}4,90 £ VAT 20 % \(enthalten\)/),
    expect.stringMatching(/Remise SPRING-10 {2}-125,90 £GB Livraison : Standard {2}4,90 £GB VAT 20 % \(incluse\)/),
  ])
})
