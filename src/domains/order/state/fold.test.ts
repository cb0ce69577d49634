import { FraudCleared, PointsAwarded, StockReserved } from '#events'
import type { NewEvent, RecordedEvent } from '#messaging'
import { anOrderPlaced } from '#testing'
import { fold, readable } from './fold.ts'

const orderId = '0199a000-0000-7000-8000-000000000001'
const placed = anOrderPlaced({ orderId })
const reserved = StockReserved({ orderId, lines: [] })
const cleared = FraudCleared({ orderId, score: 0 })
const points = PointsAwarded({ orderId, points: 1 })

const time = (version: number) => new Date(Date.UTC(2026, 10, 21, 14, 2, version))
const stream = (...events: NewEvent[]): RecordedEvent[] =>
  events.map((event, index) => ({
    ...event,
    id: `e${index}`,
    streamVersion: index + 1,
    correlationId: orderId,
    causationId: null,
    traceparent: null,
    actor: null,
    time: time(index + 1),
  }))

describe('fold', () => {
  it('is the same in one go and from any version on', () => {
    const events = stream(placed, reserved, points, cleared)
    const whole = fold(events)
    expect(whole).toMatchObject({ stock: 'yes', fraud: 'yes', version: 4, placedAt: time(1), updatedAt: time(4) })
    for (let version = 0; version <= events.length; version++)
      expect(fold(events.slice(version), fold(events.slice(0, version)))).toEqual(whole)
  })

  it('is nothing of a stream that no order began', () => {
    expect(fold([])).toBeUndefined()
    expect(fold(stream(reserved, cleared))).toBeUndefined()
  })

  it('leaves out what nobody can read, and stops at what only a newer release can', () => {
    const odd = { ...reserved, data: { orderId, lines: 'many' } }
    expect(fold(stream(placed, odd, cleared))).toMatchObject({ stock: 'pending', fraud: 'yes', version: 3 })
    const newer = stream(placed, cleared, { ...reserved, version: 99 }, points)
    expect(() => fold(newer)).toThrow('newer than version')
    expect(readable(newer).map(({ type }) => type)).toEqual(['order.placed', 'fraud.cleared'])
  })
})
