import { once } from 'node:events'
import { createServer, get } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { deadline } from '#testing'
import { sendLive } from './send-live.ts'

it('ends when the key of whoever listens is good no longer', async () => {
  let may = true
  let ended = false
  async function* messages() {
    for (let nth = 0; ; nth++) {
      yield { event: 'tick', data: nth }
      await wait(10)
    }
  }
  const server = createServer((_request, response) => {
    void sendLive(response, messages(), { may: () => Promise.resolve(may), askEvery: 20 }).then(() => (ended = true))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  const read = answer.text().catch(() => 'cut off')
  may = false
  expect(await read).toBe('cut off')
  await deadline('nothing more is sent', () => ended)
  server.close()
})

it('cuts off who does not read, and keeps no more for him than a message', async () => {
  const told = { messages: 0, ended: false }
  async function* messages(closed: AbortSignal) {
    for (; !closed.aborted; told.messages++) yield { event: 'large', json: JSON.stringify('x'.repeat(1_000_000)) }
  }
  const server = createServer((_request, response) => {
    const sent = sendLive(response, messages, { may: () => Promise.resolve(true), slowMs: 200 })
    void sent.then(() => (told.ended = true))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const request = get(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, (response) => response.pause())
  request.on('error', () => {})
  await deadline('it is cut off', () => told.ended)
  expect(told.messages).toBeLessThan(100) // what the buffers of two sockets hold
  server.close()
})

it('ends at once when whoever asked has left before the answer began', async () => {
  const told = { closed: false, ended: false }
  async function* messages(closed: AbortSignal) {
    yield* [] // nothing happens
    if (!closed.aborted) await once(closed, 'abort')
    told.closed = true
  }
  const server = createServer((_request, response) => {
    const sent = once(response, 'close').then(() => sendLive(response, messages, { may: () => Promise.resolve(true) }))
    void sent.then(() => (told.ended = true))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const request = get(`http://127.0.0.1:${(server.address() as AddressInfo).port}`)
  request.on('error', () => {})
  await once(server, 'request')
  request.destroy()
  await deadline('nobody is listened to', () => told.ended)
  expect(told.closed).toBe(true)
  server.close()
})
