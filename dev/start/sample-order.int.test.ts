import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { placeSampleOrder } from './sample-order.ts'

let said: string[]
beforeEach(() => {
  said = []
  jest.spyOn(process.stdout, 'write').mockImplementation((line) => said.push(String(line).trimEnd()) > 0)
})
afterEach(() => jest.restoreAllMocks())

const event = { id: '1', type: 'order.placed', afterMs: 0, reactions: [] }
const story = (settled: boolean) => ({ status: 'shipped', settled, events: [event] })
const ORDER = { id: '7', total: { amount: 500, currency: 'GBP' }, lines: [{ name: 'Tea', quantity: 1 }] }

it('goes on with the story when the API has died and is back', async () => {
  const json = (body: unknown) => (response: ServerResponse) => void response.end(JSON.stringify(body))
  const died = (response: ServerResponse) => void response.destroy()
  const product = { sku: 'TEA', name: 'Tea', available: 9 }
  const answers = [json({ products: [product] }), json(ORDER), json(story(false)), died, died, json(story(true))]
  const server = createServer((_, response) => answers.shift()!(response)).listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  await placeSampleOrder(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  expect(said.join('\n')).toMatch(/A sample order of 1 × Tea[^]*order\.placed[^]*The order is shipped: 1 events/)
})

it('says that there is no API, and ends nothing', async () => {
  await placeSampleOrder('http://127.0.0.1:1')
  expect(said.join('\n')).toMatch(/^\nThe sample order cannot be told of: /)
})
