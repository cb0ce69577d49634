import { outagesOf } from './breakers.ts'

const since = new Date()
const open = (reaction: string, cause: string, instances: string[]) => ({
  reaction,
  cause,
  instances,
  processes: instances.length,
  since,
})

it('takes reactions with one cause together, and counts a process that runs several of them once', () => {
  const breakers = [
    open('payment.authorize-payment', 'ECONNREFUSED 127.0.0.1:4301', ['one', 'two']),
    open('payment.capture-payment', 'ECONNREFUSED 127.0.0.1:4302', ['one']),
    open('notification.email-customer', 'no answer of the mail server', ['three']),
  ]
  expect(outagesOf(breakers)).toMatchObject([
    { reactions: ['payment.authorize-payment', 'payment.capture-payment'], processes: 2 },
    { reactions: ['notification.email-customer'], processes: 1 },
  ])
})
