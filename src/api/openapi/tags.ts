import type { Route } from '#http'

/** In the order in which the page shows them. */
const TAGS: Readonly<Record<string, string>> = {
  Orders: 'Quote, place, find, follow and cancel orders',
  Refunds: 'Money back, in parts or as a whole',
  Catalogue: 'Products with their prices and stock',
  Stock: 'Receipts and corrections of what is in stock',
  Shipping: 'What carriers report',
  Events: 'What happens to your orders, live and page by page; and what each event is',
  Webhooks: 'Endpoints of yours that are told of what happens',
  Analytics: 'Sales and times, from read models',
  'Clients and keys': 'Who may ask, and for what',
  Operators: 'What goes on inside, for operators and the console',
  'Dead letters': 'What reactions gave up on, and its repair',
  Operations: 'Whether this process is alive and ready',
}

/** Those of these operations, the known ones first. */
export function tagsOf(routes: readonly Route[]): { name: string; description: string }[] {
  const used = new Set(routes.map(({ tag }) => tag))
  const known = Object.keys(TAGS).filter((name) => used.has(name))
  return [...new Set([...known, ...used])].map((name) => ({ name, description: TAGS[name] ?? `About ${name}` }))
}
