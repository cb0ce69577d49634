interface Named {
  customer: { name: string; email: string; phone?: string | undefined }
  reference?: string | undefined
  metadata?: Readonly<Record<string, string>> | undefined
}

/**
 * Where a request writes who the customer is into what is stored in the clear: their e-mail address, phone number or full name. Paths of
 * its body. It catches the slip of a client, not every way of writing a name.
 */
export function namingTheCustomer({ customer, reference, metadata = {} }: Named): string[][] {
  if (reference === undefined && Object.keys(metadata).length === 0) return []
  const { name, email, phone } = customer
  const isFull = /\S\s+\S/.test(name) // a single name may be a word of any text
  const said = [email, ...(phone ? [phone] : []), ...(isFull ? [name] : [])].map(plain)
  const tells = (text: string) => said.some((one) => plain(text).includes(one))
  const clear: [string[], string][] = [
    [['reference'], reference ?? ''],
    ...Object.entries(metadata).map(([key, value]): [string[], string] => [['metadata', key], value]),
  ]
  return clear.flatMap(([path, text]) => (tells(text) ? [path] : []))
}

const plain = (text: string) => text.toLowerCase().replaceAll(/\s+/g, '')
