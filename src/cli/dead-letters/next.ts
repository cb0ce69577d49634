import type { Selector } from '#messaging'
import { host } from '../host.ts'
import { EXIT, say, sayJson } from '../terminal/output.ts'

/** Where to go from here; not for programs that read the output. */
export const next = (...commands: string[]) =>
  say(`\nNext: ${commands.map((command) => host().call(`dead-letters ${command}`)).join('\n      ')}`)

/** Nothing was found to work on. That is an error where ids were given. @returns the exit code */
export function nothing(why: string, { ids }: Selector, { json }: { json?: boolean }): number {
  if (json) sayJson({ outcome: 'done', total: 0, why })
  else say(why)
  return ids ? EXIT.refused : EXIT.ok
}
