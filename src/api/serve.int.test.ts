import express from 'express'
import request from 'supertest'
import { deadline } from '#testing'
import { serve } from './serve.ts'

describe('the server', () => {
  it('answers the requests under way before it stops, and takes no new ones', async () => {
    let release = () => {}
    const app = express().get('/slow', async (_request, response) => {
      await new Promise<void>((resolve) => (release = resolve))
      response.send('done')
    })
    app.get('/quick', (_request, response) => void response.send('quick'))
    const server = await serve(app, 0)
    const url = `http://127.0.0.1:${server.port}`
    const slow = Promise.resolve(request(url).get('/slow').set('connection', 'keep-alive'))
    const held = release
    await deadline('the request has arrived', () => release !== held)
    const stopped = server.stop()
    const refused = () =>
      request(url)
        .get('/quick')
        .then(
          ({ headers }) => headers['connection'] !== 'close' && 'kept alive',
          ({ code }: { code: string }) => code,
        )
    expect(await deadline('no new connections', refused)).toBe('ECONNREFUSED')
    release()
    expect((await slow).text).toBe('done')
    await stopped
  })

  it('says in one sentence that its port is taken', async () => {
    const first = await serve(express(), 0)
    await expect(serve(express(), first.port)).rejects.toThrow(`Port ${first.port} is in use`)
    await first.stop()
  })
})
