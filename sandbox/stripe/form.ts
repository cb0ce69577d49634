/** A form-encoded body as Stripe reads it: `metadata[order]=1&expand[0]=data` is `{ metadata: { order: '1' }, expand: { 0: 'data' } }`. */
export type Form = { [name: string]: string | Form }

export function readForm(text: string): Form {
  const form: Form = Object.create(null) as Form
  for (const [name, value] of new URLSearchParams(text)) {
    const path = name.split(/[[\]]+/).filter((part) => part !== '')
    const last = path.pop()!
    let place = form
    for (const part of path) place = (place[part] ??= Object.create(null) as Form) as Form
    place[last] = value
  }
  return form
}

export const textOf = (form: Form, name: string): string | undefined =>
  typeof form[name] === 'string' ? form[name] : undefined

/** A whole number of at least `least`; null where something else is given. */
export function wholeOf(form: Form, name: string, least: number): number | undefined | null {
  const text = textOf(form, name)
  if (text === undefined) return undefined
  return /^\d{1,12}$/.test(text) && Number(text) >= least ? Number(text) : null
}

/** Its members that are texts. */
export const textsOf = (form: Form | string | undefined): Record<string, string> =>
  typeof form === 'object'
    ? Object.fromEntries(
        Object.entries(form).flatMap(([name, text]) => (typeof text === 'string' ? [[name, text]] : [])),
      )
    : {}
