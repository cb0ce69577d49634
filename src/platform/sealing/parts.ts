/** Which members of a document are personal data, each with what stands in its place for those who may not see it. */
export interface Marks {
  readonly [member: string]: string | Marks
}

type Document = Readonly<Record<string, unknown>>

/** Divides a document: what everybody may see, with something in place of what is personal, and the personal part alone. */
export function withhold(document: Document, marks: Marks): { shown: Document; personal: Document } {
  const shown: Record<string, unknown> = { ...document }
  const personal: Record<string, unknown> = {}
  for (const [member, mark] of Object.entries(marks)) {
    const value = document[member]
    if (value === undefined || value === null) continue
    if (typeof mark === 'string') {
      shown[member] = mark
      personal[member] = value
    } else if (isDocument(value)) {
      const inner = withhold(value, mark)
      shown[member] = inner.shown
      personal[member] = inner.personal
    }
  }
  return { shown, personal }
}

/** The document as it was: the personal part over what everybody may see. */
export function restore(shown: Document, personal: Document): Document {
  const document: Record<string, unknown> = { ...shown }
  for (const [member, value] of Object.entries(personal)) {
    const around = document[member]
    document[member] = isDocument(value) && isDocument(around) ? restore(around, value) : value
  }
  return document
}

/** Every text of a personal part. */
export function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(textsOf) : []
}

const isDocument = (value: unknown): value is Document =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
