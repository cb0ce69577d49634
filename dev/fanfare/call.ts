/** `dead-letters list` is called as `npm run dead-letters -- list`. */
export function call(words: string): string {
  const [name = 'fanfare', ...rest] = words.split(' ').filter(Boolean)
  const script = SCRIPTS.includes(name) ? name : 'fanfare'
  const given = script === name ? rest : [name, ...rest].filter((word) => word !== 'fanfare')
  return given.length === 0 ? `npm run ${script}` : `npm run ${script} -- ${given.join(' ')}`
}

const SCRIPTS = ['audit', 'dead-letters', 'events', 'keys', 'reconcile', 'replay', 'story', 'stuck', 'worker']
