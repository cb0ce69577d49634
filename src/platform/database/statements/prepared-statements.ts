/** Most statements that one process remembers; others are planned each time, as all are without this. */
const MOST = 500

/**
 * Names the statements of one process, so that PostgreSQL parses and plans each only once per connection. A text gets its
 * name when it comes a second time: what is composed anew each time, such as a list of values, never does, and the rest is
 * few. Statements without values (BEGIN, COMMIT) have nothing to plan.
 */
export function createStatementNames() {
  const names = new Map<string, string | undefined>()
  let last = 0
  return ({ sql, args }: { sql: string; args: readonly unknown[] }): string | undefined => {
    if (args.length === 0) return undefined
    const known = names.get(sql)
    if (known) return known
    const again = names.has(sql)
    if (!again && names.size >= MOST) return undefined
    const name = again ? `fanfare_${++last}` : undefined
    names.set(sql, name)
    return name
  }
}
