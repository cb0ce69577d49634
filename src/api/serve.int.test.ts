import { once as event } from 'node:events'
import { connect } from 'node:net'
import express from 'express'
import request from 'supertest'
import { pino } from 'pino'
import { z } from 'zod'
import { defineRoute } from '#http'
import { aCaller, deadline, everybodyIs } from '#testing'
import { createApi } from './create-api.ts'
import { createLimits } from './limits/index.ts'
import type { Once } from './requests/repeated-requests.ts'
import { serve } from './serve.ts'

const takesBody = defineRoute({
  method: 'post',
  path: '/things',
  operationId: 'test',
  summary: 'For the test',
  tag: 'Test',
  public: true,
  body: z.object({}).meta({ id: 'Thing' }),
  replies: { 204: { description: 'Yes' } },
  handle: () => ({ status: 204 }),
})

const once: Once = (_request, _route, run) => Promise.resolve(run())

/** Whoever sends all that there is to send is answered before; the others are not waited for. */
const SHORT = { headersTimeout: 500, requestTimeout: 1_000, connectionsCheckingInterval: 100 }

/** What a server says to these very bytes. */
function answerTo(
  port: number,
  bytes: string,
): Promise<{ status: number; type: string | undefined; document: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => void socket.write(bytes))
    let text = ''
    socket.on('error', reject).on('data', (chunk) => (text += chunk.toString()))
    socket.on('end', () => {
      const [head = '', body = ''] = text.split('\r\n\r\n')
      const type = /^content-type: (.+)$/im.exec(head)?.[1]
      resolve({ status: Number(head.split(' ')[1]), type, document: body ? JSON.parse(body) : {} })
    })
  })
}

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
    expect(['ECONNREFUSED', 'ECONNRESET']).toContain(await deadline('no new connections', refused))
    release()
    expect((await slow).text).toBe('done')
    await stopped
  })

  it('does not wait for a client that has connected and asked for nothing', async () => {
    const endless = { headersTimeout: 600_000, requestTimeout: 600_000 }
    const server = await serve(express(), 0, '127.0.0.1', endless)
    const socket = connect(server.port, '127.0.0.1')
    await event(socket, 'connect')
    const ended = event(socket.resume(), 'close')
    await server.stop()
    await ended
  })

  it('says in one sentence that its port is taken', async () => {
    const first = await serve(express(), 0)
    await expect(serve(express(), first.port)).rejects.toThrow(`Port ${first.port} is in use`)
    await first.stop()
  })

  it.each([
    ['no HTTP', 400, 'bad-request', 'EHLO example.com\r\n\r\n'],
    ['a header without a name', 400, 'bad-request', 'GET / HTTP/1.1\r\nHost: a\r\n: x\r\n\r\n'],
    [
      'two lengths of one body',
      400,
      'bad-request',
      'POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
    ],
    ['no Host', 400, 'missing-host', 'GET /healthz HTTP/1.1\r\nConnection: close\r\n\r\n'],
    ['endless headers', 431, 'headers-too-large', `GET / HTTP/1.1\r\nHost: a\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['an expectation', 417, 'expectation-failed', 'GET / HTTP/1.1\r\nHost: a\r\nExpect: miracles\r\n\r\n'],
    ['a tunnel', 405, 'method-not-allowed', 'CONNECT a:1 HTTP/1.1\r\nHost: a:1\r\n\r\n'],
    [
      'endless chunk extensions',
      413,
      'body-too-large',
      `POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(20_000)}\r\n`,
    ],
    ['headers that do not end', 408, 'request-timeout', 'GET / HTTP/1.1\r\nHost: a\r\n'],
    [
      'a body that does not end',
      408,
      'request-timeout',
      'POST /things HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{',
    ],
  ])('answers %s with a problem document', async (_what, status, code, bytes) => {
    const keys = everybodyIs(aCaller())
    const limits = createLimits({ perClient: 1_000, perAddress: 1_000 })
    const log = pino({ level: 'silent' })
    const api = createApi({ routes: [takesBody], keys, limits, once, log })
    const server = await serve(api, 0, '127.0.0.1', SHORT)
    const { type, document, ...answered } = await answerTo(server.port, bytes)
    expect([answered.status, type]).toEqual([status, 'application/problem+json'])
    expect(document).toMatchObject({ status, code, requestId: expect.any(String), instance: expect.any(String) })
    await server.stop()
  })
})
