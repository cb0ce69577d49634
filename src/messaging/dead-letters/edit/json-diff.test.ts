import { differences, withValue } from './json-diff.ts'

test('names every place where two documents differ', () => {
  const before = { a: 1, list: [1, 2, 3], gone: true, 'x/y~z': 'old', same: { deep: null } }
  const after = { a: 2, list: [1, 4], added: {}, 'x/y~z': 'new', same: { deep: null } }
  expect(differences(before, after)).toEqual([
    { pointer: '/a', before: 1, after: 2 },
    { pointer: '/list/1', before: 2, after: 4 },
    { pointer: '/list/2', before: 3 },
    { pointer: '/gone', before: true },
    { pointer: '/x~1y~0z', before: 'old', after: 'new' },
    { pointer: '/added', after: {} },
  ])
  expect(differences([1], { 0: 1 })).toEqual([{ pointer: '', before: [1], after: { 0: 1 } }])
  expect(differences(before, structuredClone(before))).toEqual([])
})

test('sets a value by its pointer, in a copy', () => {
  const document = { lines: [{ sku: 'A', quantity: 0 }], 'x/y': 1 }
  expect(withValue(document, '/lines/0/quantity', 2)).toMatchObject({ lines: [{ sku: 'A', quantity: 2 }] })
  expect(withValue(document, '/lines/-', 'new')).toMatchObject({ lines: [{ sku: 'A' }, 'new'] })
  expect(withValue(document, '/x~1y', 2)).toMatchObject({ 'x/y': 2 })
  expect(withValue(document, '', null)).toBeNull()
  expect(document).toEqual({ lines: [{ sku: 'A', quantity: 0 }], 'x/y': 1 })
  for (const pointer of ['lines', '/lines/7/sku', '/lines/x', '/nobody/home'])
    expect(() => withValue(document, pointer, 1)).toThrow(RangeError)
})
