import { html, type Html } from './html.ts'

/** A mail's content before it takes the form of text or HTML: paragraphs, and a table of labelled amounts. */
export interface Letter {
  subject: string
  greeting: string
  paragraphs: readonly string[]
  rows?: readonly { label: string; amount: string }[]
  total?: { label: string; amount: string }
}

const CLOSING = 'Fanfare'

export function asText({ greeting, paragraphs, rows = [], total }: Letter): string {
  const table = [...rows, ...(total ? [total] : [])].map(({ label, amount }) => `${oneLine(label)}  ${amount}`)
  const blocks = [greeting, ...paragraphs].map(oneLine)
  return [...blocks, ...(table.length > 0 ? [table.join('\n')] : []), CLOSING].join('\n\n') + '\n'
}

export function asHtml({ subject, greeting, paragraphs, rows = [], total }: Letter): string {
  const body = html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <title>${subject}</title>
      </head>
      <body style="font-family: sans-serif; line-height: 1.5; color: #222">
        <p>${greeting}</p>
        ${paragraphs.map((paragraph) => html`<p>${paragraph}</p>`)} ${table(rows, total)}
        <p>${CLOSING}</p>
      </body>
    </html>`
  return body.markup.replaceAll(/\n {4}/g, '\n')
}

function table(rows: NonNullable<Letter['rows']>, total: Letter['total']): Html {
  if (rows.length === 0 && !total) return html``
  const cell = ({ label, amount }: { label: string; amount: string }) =>
    html`<tr>
      <td style="padding-right: 2em">${label}</td>
      <td align="right">${amount}</td>
    </tr>`
  const last = total
    ? html`<tr>
        <th align="left">${total.label}</th>
        <th align="right">${total.amount}</th>
      </tr>`
    : html``
  return html`<table>
    ${rows.map(cell)}${last}
  </table>`
}

/** Customer text must not pretend to be more than one line. */
function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim()
}
