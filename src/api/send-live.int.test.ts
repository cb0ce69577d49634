import { once } from 'node:events'
import { createServer } from 'node:http'
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
