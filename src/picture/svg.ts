/** A text of an SVG document. */
export function text(words: string, x: number, y: number, options: { class?: string; anchor?: 'middle' | 'end' } = {}) {
  const { class: names, anchor } = options
  const attributes = `${names ? ` class="${names}"` : ''}${anchor ? ` text-anchor="${anchor}"` : ''}`
  return `<text x="${at(x)}" y="${at(y)}"${attributes}>${escaped(words)}</text>`
}

/** A place in pixels, as short as it can be written. */
export const at = (pixels: number) => String(Math.round(pixels * 10) / 10)

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** Words of others as text of a document. */
export const escaped = (words: string) => words.replaceAll(/[&<>"]/g, (sign) => ENTITIES[sign]!)
