/** Markup that is safe to insert into markup: everything that was not written in a template is escaped. */
export class Html {
  readonly markup: string
  constructor(markup: string) {
    this.markup = markup
  }
}

type Insertion = string | number | Html | readonly Html[]

/** A template whose insertions are escaped, unless they are `html` themselves. */
export function html(fixed: TemplateStringsArray, ...insertions: Insertion[]): Html {
  return new Html(fixed.reduce((markup, part, i) => markup + render(insertions[i - 1]!) + part))
}

function render(insertion: Insertion): string {
  if (insertion instanceof Html) return insertion.markup
  if (typeof insertion === 'object') return insertion.map(({ markup }) => markup).join('')
  return escape(String(insertion))
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' }

function escape(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character]!)
}
