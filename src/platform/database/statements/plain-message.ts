/**
 * What an error of the database says, without the text that Prisma puts around it: `division by zero (22012)`. Messages of other
 * errors stay as they are.
 */
export function plainMessage({ message }: Pick<Error, 'message'>): string {
  const said = PREAMBLE.test(message)
    ? message
        .trim()
        .split(/\n\s*\n/)
        .at(-1)!
        .trim()
    : message
  const [, code, text] = RAW.exec(said.trim()) ?? []
  return text === undefined ? said : `${text} (${code})`
}

const PREAMBLE = /^\s*Invalid `[^`]*` invocation/
const RAW = /^(?:Raw query failed|Database error)\. Code: `([^`]*)`\. Message: `([^]*)`$/
