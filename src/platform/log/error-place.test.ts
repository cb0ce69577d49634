import { errorPlace } from './error-place.ts'

const withStack = (stack: string, cause?: Error) => Object.assign(new Error('no', { cause }), { stack })

it('is the first line of our own', () => {
  const stack = `Error: no
    at request (/srv/shop/node_modules/undici/index.js:7:9)
    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)
    at async Object.handle (file:///srv/shop/workers/gifts/add-gift.ts:12:11)
    at async run (/srv/shop/src/messaging/reactions/run.ts:30:5)`
  expect(errorPlace(withStack(stack), '/srv/shop')).toBe('workers/gifts/add-gift.ts:12')
})

it('is that of the cause, where the error itself has none', () => {
  const cause = withStack('Error: why\n    at /srv/shop/src/domains/one.ts:3:1')
  expect(errorPlace(withStack('Error: no\n    at a (/elsewhere/b.js:1:1)', cause), '/srv/shop')).toBe(
    'src/domains/one.ts:3',
  )
})

it('is unknown of what has no stack, or no line of ours', () => {
  expect(errorPlace(withStack(''), '/srv/shop')).toBeUndefined()
  expect(errorPlace('text', '/srv/shop')).toBeUndefined()
})

it('finds the line of this test', () =>
  expect(errorPlace(new Error('here'))).toMatch(/^src\/platform\/log\/error-place.test.ts:\d+$/))
