import { readFileSync } from 'node:fs'
import path from 'node:path'
import { drawOrderStates, ORDER_STATUSES, TRANSITIONS } from './order-states.ts'

const DRAWING = path.resolve('docs/order-states.md')

describe('the states of an order', () => {
  it('are drawn in docs/order-states.md as the table has them', () => {
    const shown = /```mermaid\n([\s\S]*?)\n```/.exec(readFileSync(DRAWING, 'utf8'))?.[1]
    expect(shown).toBe(drawOrderStates())
  })

  it('can all be reached', () => {
    const reached = new Set(['placed', ...ORDER_STATUSES.flatMap((from) => Object.values(TRANSITIONS[from]))])
    expect([...reached].toSorted()).toEqual([...ORDER_STATUSES].toSorted())
  })
})
