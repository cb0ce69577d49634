import { html, type Html } from './html.ts'

/** A mail's content before it takes the form of text or HTML: paragraphs, and a table of labelled amounts. */
export interface Letter {
  /** BCP 47. */
  locale: string
  subject: string
  greeting: string
  paragraphs: readonly string[]
  rows?: readonly { label: string; amount: string }[]
  total?: { label: string; amount: string }
  /** Who writes. */
  closing: string
}

export function asText({ greeting, paragraphs, rows = [], total, closing }: Letter): string {
  const table = [...rows, ...(total ? [total] : [])].map(({ label, amount }) =>
    `${oneLine(label)}  ${amount}`.trimEnd(),
  )
  const blocks = [greeting, ...paragraphs].map(oneLine)
  return [...blocks, ...(table.length > 0 ? [table.join('\n')] : []), closing].join('\n\n') + '\n'
}

const FONT = 'font-family: -apple-system, "Segoe UI", Roboto, Helvetica, Arial, sans-serif'
const LINE = 'border-top: 1px solid #e6e3dc; padding: 10px 0; vertical-align: top'

/**
 * Tables and styles in place, which is what mail programs understand. What is hidden at the top is what they show beside the subject
 * in a list of mails.
 */
export function asHtml({ locale, subject, greeting, paragraphs, rows = [], total, closing }: Letter): string {
  const body = html`<!doctype html>
    <html lang="${locale}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${subject}</title>
      </head>
      <body style="margin: 0; padding: 0; background: #f4f2ed">
        <div style="display: none; max-height: 0; overflow: hidden">${paragraphs[0] ?? ''}</div>
        <table role="presentation" width="100%" cellpadding="0" cellspacing="0" style="background: #f4f2ed">
          <tr>
            <td align="center" style="padding: 32px 12px">
              <table
                role="presentation"
                width="100%"
                cellpadding="0"
                cellspacing="0"
                style="max-width: 560px; background: #ffffff; border-radius: 8px"
              >
                <tr>
                  <td
                    style="padding: 24px 32px 0; ${FONT}; font-size: 15px; font-weight: 700; letter-spacing: 0.04em; color: #8a4b14"
                  >
                    ${closing}
                  </td>
                </tr>
                <tr>
                  <td style="padding: 16px 32px 32px; ${FONT}; font-size: 16px; line-height: 1.55; color: #26221c">
                    <h1 style="margin: 0 0 20px; font-size: 22px; line-height: 1.3; overflow-wrap: anywhere">
                      ${unbroken(subject)}
                    </h1>
                    <p style="margin: 0 0 14px">${greeting}</p>
                    ${paragraphs.map((text) => html`<p style="margin: 0 0 14px; overflow-wrap: anywhere">${unbroken(text)}</p>`)}
                    ${table(rows, total)}
                  </td>
                </tr>
              </table>
            </td>
          </tr>
        </table>
      </body>
    </html>`
  return body.markup.replaceAll(/\n {4}/g, '\n')
}

const LONGEST_UNBROKEN = 20

/** A number such as FF-1042 stays on one line; what is longer may be broken, where a telephone has no room for it. */
function unbroken(text: string): Html[] {
  return text.split(/( )/).map((word) => {
    const isNumber = word.includes('-') && word.length <= LONGEST_UNBROKEN
    return isNumber ? html`<span style="white-space: nowrap">${word}</span>` : html`${word}`
  })
}

function table(rows: NonNullable<Letter['rows']>, total: Letter['total']): Html {
  if (rows.length === 0 && !total) return html``
  const row = ({ label, amount }: { label: string; amount: string }, weight: number) =>
    html`<tr>
      <td style="${LINE}; padding-right: 24px; font-weight: ${weight}; overflow-wrap: anywhere">${label}</td>
      <td align="right" style="${LINE}; font-weight: ${weight}; white-space: nowrap">${amount}</td>
    </tr>`
  return html`<table
    width="100%"
    cellpadding="0"
    cellspacing="0"
    style="margin: 18px 0 0; border-collapse: collapse; font-size: 15px"
  >
    ${rows.map((one) => row(one, 400))}${total ? row(total, 700) : html``}
  </table>`
}

/** Customer text must not pretend to be more than one line. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
