import { uuidv7 } from '#platform/uuid'
import { bookingFor, reportDelivery, type Shipment } from './shipment.ts'

const orderId = '0199a000-0000-7000-8000-000000000001'

function aShipment(given: Partial<Shipment> = {}): Shipment {
  const booking = bookingFor(uuidv7(), orderId, { country: 'GB' })
  return { ...booking, status: 'booked', bookedAt: new Date(0), deliveredAt: null, ...given }
}

describe('a booking', () => {
  it('gives the same order the same tracking number', () => {
    const first = bookingFor(uuidv7(), orderId, { country: 'GB' })
    const second = bookingFor(uuidv7(), orderId, { country: 'GB' })
    expect(second.trackingNumber).toBe(first.trackingNumber)
  })

  it('gives two orders two tracking numbers that fit into a URL', () => {
    const numbers = [orderId, uuidv7()].map((id) => bookingFor(uuidv7(), id, { country: 'gb' }).trackingNumber)
    expect(new Set(numbers).size).toBe(2)
    for (const number of numbers) expect(number).toMatch(/^FP[0-9A-HJKMNP-TV-Z]{16}$/)
  })

  it('gives a number that cannot be told from the id of the order alone', () => {
    const environment = process.env
    const known = bookingFor(uuidv7(), orderId, { country: 'GB' }).trackingNumber
    process.env = { ...environment, PERSONAL_DATA_KEYS: 'ab'.repeat(32) }
    const other = bookingFor(uuidv7(), orderId, { country: 'GB' }).trackingNumber
    process.env = environment
    expect(other).not.toBe(known)
  })

  it('leaves the country with another carrier', () => {
    expect(bookingFor(uuidv7(), orderId, { country: 'NO' })).toMatchObject({
      carrier: 'Fanfare World',
      trackingNumber: expect.stringMatching(/^FW/),
    })
  })
})

describe('a delivery report', () => {
  it('publishes the arrival once', () => {
    const shipment = aShipment()
    expect(reportDelivery(shipment)).toMatchObject([
      { type: 'shipment.delivered', data: { orderId, shipmentId: shipment.id } },
    ])
    expect(reportDelivery({ ...shipment, status: 'delivered' })).toEqual([])
  })

  it('is refused for a parcel that was called off', () => {
    expect(() => reportDelivery(aShipment({ status: 'called-off' }))).toThrow(
      expect.objectContaining({ kind: 'conflict', code: 'shipment-called-off' }),
    )
  })
})
