import type { ReactNode } from 'react'

/** A key, a text, or a number and the like. */
const TOKENS = /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi

/** JSON in colours; what is no JSON as it is. */
export function Payload({ value }: { value: unknown }) {
  const text = typeof value === 'string' ? value : JSON.stringify(value, null, 2)
  return (
    <pre className="payload" tabIndex={0} aria-label="Message">
      {typeof value === 'string' ? text : coloured(text)}
    </pre>
  )
}

function coloured(text: string): ReactNode[] {
  const parts: ReactNode[] = []
  let end = 0
  for (const match of text.matchAll(TOKENS)) {
    parts.push(text.slice(end, match.index))
    const [whole, quoted, colon] = match
    const kind = colon !== undefined ? 'key' : quoted !== undefined ? 'text' : 'other'
    parts.push(
      <span key={match.index} className={kind}>
        {whole}
      </span>,
    )
    end = match.index + whole.length
  }
  return [...parts, text.slice(end)]
}
