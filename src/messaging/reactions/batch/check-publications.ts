import type { NewEvent } from '../../define-event.ts'
import type { Reaction } from '../define/define-reaction.ts'

let isChecking = false

/**
 * From now on a reaction that publishes what its `publishes` does not name fails. For tests: so the catalogue of who causes
 * what is true. Processes do not fail for its sake.
 */
export function checkPublications(): void {
  isChecking = true
}

/** @throws TypeError where that is checked */
export function expectDeclared({ name, publishes }: Reaction, { type }: NewEvent): void {
  if (!isChecking || publishes.some((declared) => declared.type === type)) return
  throw new TypeError(`Reaction '${name}' has published ${type}: name that event type in its \`publishes\``)
}
