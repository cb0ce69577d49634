import { MaskMoved, redact, unmask } from './redact.ts'

it('masks what is known of a person, wherever it stands, and leaves names of things', () => {
  const message = {
    data: {
      customer: { name: 'Ada', email: 'ada@example.com' },
      shippingAddress: { line1: '1 Market Street', country: 'GB' },
      lines: [{ sku: 'MUG-01', name: 'Enamel mug' }],
    },
  }
  expect(redact(message)).toEqual({
    masked: true,
    message: {
      data: {
        customer: { name: '•••', email: '•••' },
        shippingAddress: { line1: '•••', country: 'GB' },
        lines: [{ sku: 'MUG-01', name: 'Enamel mug' }],
      },
    },
  })
  expect(redact({ sku: 'TEA-01', quantity: 2 })).toEqual({ message: { sku: 'TEA-01', quantity: 2 }, masked: false })
})

it('puts back what was left masked, and nothing in another place', () => {
  const original = { customer: { name: 'Ada', note: 'x' }, people: [{ name: 'Eve' }, { name: 'Bob' }], total: 1 }
  const { message } = redact(original)
  expect(unmask({ ...(message as object), total: 2 }, original)).toEqual({ ...original, total: 2 })
  expect(unmask({ customer: { name: 'Grace' } }, original)).toEqual({ customer: { name: 'Grace' } })
  for (const moved of [{ people: [{ name: '•••' }] }, { other: '•••' }, '•••'])
    expect(() => unmask(moved, original)).toThrow(MaskMoved)
})
