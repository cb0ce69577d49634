import { once } from 'node:events'
import { createServer, type AddressInfo, type Socket } from 'node:net'
import { DependencyUnavailable, Unrecoverable } from '#messaging'
import { deadline, placeOf, tcpProxy, testMailServer, type TestMailServer } from '#testing'
import type { SMTPServerOptions } from 'smtp-server'
import type { Mail } from './compose.ts'
import { openMailer, type Mailer } from './mailer.ts'

let server: TestMailServer | undefined
let mailer: Mailer | undefined
afterEach(async () => {
  mailer?.close()
  await server?.close()
  server = undefined
})

async function open(options: SMTPServerOptions = {}) {
  server = await testMailServer(options)
  mailer = openMailer(server.url)
  return { server, mailer }
}

const aMail = (given: Partial<Mail> = {}): Mail => ({
  to: { name: 'Ada Lovelace', address: 'ada@example.com' },
  subject: 'Your order is confirmed',
  text: 'Grüße, 2 × Mug',
  html: '<p>Grüße, 2 × Mug</p>',
  messageId: '<notification.email-customer.1@fanfare.example>',
  eventId: '0199a000-0000-7000-8000-000000000001',
  ...given,
})

const refusing = (responseCode: number): SMTPServerOptions => ({
  onRcptTo: (_address, _session, done) => done(Object.assign(new Error('refused here'), { responseCode })),
})

it('sends text and HTML, with a stable Message-ID and the event in a header', async () => {
  const { server, mailer } = await open()
  await mailer.send(aMail())
  expect(server.received).toMatchObject([{ from: 'orders@fanfare.example', to: ['ada@example.com'] }])
  const { source } = server.received[0]!
  expect(source).toContain('Message-ID: <notification.email-customer.1@fanfare.example>\r\n')
  expect(source).toContain('X-Fanfare-Event: 0199a000-0000-7000-8000-000000000001\r\n')
  expect(source).toContain('Content-Type: text/plain; charset=utf-8')
  expect(source).toContain('Content-Type: text/html; charset=utf-8')
})

it('keeps its connections for the next mails', async () => {
  let connections = 0
  const onConnect: SMTPServerOptions['onConnect'] = (_session, done) => {
    connections++
    done()
  }
  const { server, mailer } = await open({ onConnect })
  for (let i = 0; i < 10; i++) await mailer.send(aMail())
  expect(server.received).toHaveLength(10)
  expect(connections).toBe(1)
})

it('says nothing else than it was given, however long its lines are and whatever they hold', async () => {
  const { server, mailer } = await open()
  const text = `${'Grüße '.repeat(40)}\n.\n.dots\r\n--=_fanfare--\nend \n`
  await mailer.send(aMail({ text, to: { name: 'Zoë '.repeat(30), address: 'zoe@jõgeva.example' } }))
  const { to, source } = server.received[0]!
  expect(to).toEqual(['zoe@jõgeva.example']) // the server says so of zoe@xn--jgeva-dua.example
  expect(source).toContain(' <zoe@xn--jgeva-dua.example>\r\n')
  const [, plain] = source.split('\r\n--=_fanfare\r\n')
  const body = plain!.slice(plain!.indexOf('\r\n\r\n') + 4)
  expect(quotedPrintable(body)).toBe(text.replace(/\r?\n/g, '\r\n'))
  expect(source.split('\r\n').filter((line) => line.length > 78 || /[\r\n]/.test(line))).toEqual([])
  expect(source).toMatch(/\r\n--=_fanfare--\r\n$/)
})

function quotedPrintable(encoded: string): string {
  const bytes = encoded
    .replaceAll('=\r\n', '')
    .replace(/=([0-9A-F]{2})/g, (_, hex: string) => String.fromCharCode(parseInt(hex, 16)))
  return Buffer.from(bytes, 'latin1').toString('utf8')
}

it('signs in with the user and the password of its URL', async () => {
  const users: unknown[] = []
  const onAuth: SMTPServerOptions['onAuth'] = ({ username, password }, _session, done) => {
    users.push([username, password])
    done(null, { user: username })
  }
  server = await testMailServer({ authOptional: false, onAuth })
  mailer = openMailer(server.url.replace('//', '//shop:s%40cret@'))
  await mailer.send(aMail())
  expect(users).toEqual([['shop', 's@cret']])
  expect(server.received).toHaveLength(1)
})

/** A server that has taken every mail it was sent, and answers when it is told to. */
function answeringLater() {
  const taken: string[] = []
  let answer = () => {}
  const answered = new Promise<void>((resolve) => (answer = resolve))
  const onData: SMTPServerOptions['onData'] = (stream, { envelope }, accept) => {
    stream.resume().on('end', () => {
      taken.push(envelope.rcptTo[0]!.address)
      void answered.then(() => accept())
    })
  }
  return { taken, answer, onData }
}

it('does not give up a mail that the server is taking when its time is over', async () => {
  const { taken, answer, onData } = answeringLater()
  const { mailer } = await open({ onData })
  const limit = new AbortController()
  const sending = mailer.send(aMail(), limit.signal)
  await deadline('the server has the mail', () => taken.length === 1)
  limit.abort()
  answer()
  await sending
  expect(taken).toHaveLength(1)
})

it('never sends a mail whose time is over before a connection is free, and goes on with the next one', async () => {
  const { taken, answer, onData } = answeringLater()
  const { mailer } = await open({ onData })
  const to = (name: string) => aMail({ to: { name, address: `${name}@example.com` } })
  const sending = ['a', 'b', 'c', 'd', 'e'].map((name) => mailer.send(to(name)))
  const limit = new AbortController()
  const late = mailer.send(to('late'), limit.signal)
  const next = mailer.send(to('next'), new AbortController().signal)
  await deadline('all connections are busy', () => taken.length === 5)
  limit.abort(new Error('its time is over'))
  await expect(late).rejects.toThrow('its time is over')
  await expect(mailer.send(to('later'), limit.signal)).rejects.toThrow('its time is over')
  answer()
  await Promise.all([...sending, next])
  expect(taken.slice(0, 5).toSorted().concat(taken.slice(5))).toEqual(
    ['a', 'b', 'c', 'd', 'e', 'next'].map((name) => `${name}@example.com`),
  )
})

it('lets no customer text become a header or a recipient', async () => {
  const { server, mailer } = await open()
  const name = 'Ada\r\nBcc: spy@evil.example\r\n\r\n<b>hi</b>", spy@evil.example, "'
  await mailer.send(aMail({ to: { name, address: 'ada@example.com' } }))
  const { to, source } = server.received[0]!
  expect(to).toEqual(['ada@example.com'])
  const headers = source.slice(0, source.indexOf('\r\n\r\n'))
  expect(headers).not.toMatch(/^Bcc:/im)
  expect(headers).toMatch(/^Content-Type: multipart\/alternative/m)
})

it.each([
  'ada@example.com, spy@evil.example',
  'ada@example.com\r\nRCPT TO:<spy@evil.example>',
  '<ada@example.com> SIZE=1',
  '"ada" <ada@example.com>',
  'ada',
])('sends nothing to the address %j', async (address) => {
  const { server, mailer } = await open()
  await expect(mailer.send(aMail({ to: { name: 'Ada', address } }))).rejects.toThrow(Unrecoverable)
  expect(server.received).toEqual([])
})

it('gives up on a recipient whom the server refuses for good', async () => {
  const { mailer } = await open(refusing(550))
  await expect(mailer.send(aMail())).rejects.toThrow(Unrecoverable)
  await expect(mailer.send(aMail())).rejects.toThrow('The mail server answered 550 to RCPT TO: "550 refused here"')
})

const answer = (responseCode: number, text = 'not now') => Object.assign(new Error(text), { responseCode })

it('tells the enhanced code of a server that has one: who is unknown is another cause than what is refused as spam', async () => {
  const { mailer } = await open({ onRcptTo: (_address, _session, done) => done(answer(550, '5.1.1 no such mailbox')) })
  await expect(mailer.send(aMail())).rejects.toThrow(
    'The mail server answered 550 5.1.1 to RCPT TO: "550 5.1.1 no such mailbox"',
  )
})

it.each([
  ['450', refusing(450)],
  ['451', refusing(451)],
  ['452', refusing(452)],
])('leaves a recipient who is refused for now (%s, as greylisting does) to be tried again', async (code, options) => {
  const { mailer } = await open(options)
  const error = (await mailer.send(aMail()).catch((thrown: unknown) => thrown)) as Error
  expect(error.name).toBe('Error')
  expect(error.message).toBe(`The mail server answered ${code} to RCPT TO: "${code} refused here"`)
})

it.each<[string, SMTPServerOptions]>([
  ['is shutting down', refusing(421)],
  ['cannot look a recipient up', { onRcptTo: (_address, _session, done) => done(answer(451, '4.3.0 try again')) }],
  ['takes no mail at the moment', { onMailFrom: (_address, _session, done) => done(answer(451)) }],
  [
    'cannot store the mail',
    {
      onData(stream, _session, done) {
        stream.on('data', () => {}).on('end', () => done(answer(452)))
      },
    },
  ],
  ['wants a password', refusing(530)],
  ['lets nobody in', { onConnect: (_session, done) => done(answer(554)) }],
])('takes a server that %s for one that is not available', async (_case, options) => {
  const { mailer } = await open(options)
  await expect(mailer.send(aMail())).rejects.toThrow(DependencyUnavailable)
})

it.each<[string, (socket: Socket) => unknown]>([
  ['breaks the connection', (socket) => socket.resetAndDestroy()],
  ['hangs up', (socket) => socket.end()],
  ['is another kind of server', (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n')],
])('takes what %s for a server that is not available', async (_case, treat) => {
  const listener = createServer((socket) => {
    socket.on('error', () => {})
    treat(socket)
  }).listen(0, '127.0.0.1')
  await once(listener, 'listening')
  mailer = openMailer(`smtp://127.0.0.1:${(listener.address() as AddressInfo).port}`)
  await expect(mailer.send(aMail())).rejects.toThrow(DependencyUnavailable)
  listener.close()
})

it('takes a name without an address for a server that is not available', async () => {
  mailer = openMailer('smtp://mail.invalid')
  await expect(mailer.send(aMail())).rejects.toThrow(DependencyUnavailable)
})

it('takes a server that is gone for one that is not available, and finds it when it is back', async () => {
  const first = await testMailServer()
  const wire = await tcpProxy(placeOf(first.url))
  mailer = openMailer(wire.through(first.url))
  await mailer.send(aMail())
  await first.close()
  wire.leadTo({ host: '127.0.0.1', port: 1 })
  await expect(mailer.send(aMail())).rejects.toThrow(DependencyUnavailable)
  server = await testMailServer()
  wire.leadTo(placeOf(server.url))
  await mailer.send(aMail())
  expect(server.received).toHaveLength(1)
  mailer.close()
  await wire.close()
})
