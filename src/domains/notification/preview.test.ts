import { previewMails, previewPage, type MailPreview } from './preview.ts'

const mails = ['en', 'de', 'fr'].flatMap(previewMails)
const fileOf = ({ name, locale }: MailPreview) => `${name}.${locale}.html`

it('shows every mail in every language on one page, and links each', () => {
  const page = previewPage(mails, fileOf)
  expect(mails).toHaveLength(18)
  for (const mail of mails) expect(page).toContain(`<a href="${fileOf(mail)}">${mail.subject}</a>`)
})

it('shows a confirmation with every row that there may be, in the words of the language', () => {
  const told = mails.filter(({ name }) => name === 'order.confirmed').map(({ text }) => text.replaceAll(/\s/g, ' '))
  expect(told).toEqual([
    expect.stringMatching(/Discount SPRING-10 {2}-£125\.90 Shipping: Standard {2}£4\.90 VAT 20% \(included\)/),
    expect.stringMatching(/Rabatt SPRING-10 {2}-125,90 £ Versand: Standard {2}4,90 £ VAT 20 % \(enthalten\)/),
    expect.stringMatching(/Remise SPRING-10 {2}-125,90 £GB Livraison : Standard {2}4,90 £GB VAT 20 % \(incluse\)/),
  ])
})
