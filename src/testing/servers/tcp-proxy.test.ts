import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { deadline } from '../deadline.ts'
import { placeOf, tcpProxy, type TcpProxy } from './tcp-proxy.ts'

let server: Server
let proxy: TcpProxy
const clients: Socket[] = []

beforeEach(async () => {
  server = createServer((socket) => socket.on('error', () => {}).pipe(socket)).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  proxy = await tcpProxy(placeOf(`amqp://127.0.0.1:${port}`), () => 0.5)
})

afterEach(async () => {
  for (const client of clients.splice(0)) client.destroy()
  await proxy.close()
  server.close()
})

async function openClient() {
  const { hostname, port } = new URL(proxy.through('amqp://user:secret@elsewhere:5672/vhost'))
  const socket = connect({ host: hostname, port: Number(port) })
  clients.push(socket)
  let said = ''
  let lost = false
  socket.on('data', (chunk: Buffer) => (said += chunk.toString()))
  socket.on('error', () => (lost = true))
  await once(socket, 'connect')
  const answers = (text: string) => deadline(`echo of ${text}`, () => said.endsWith(text), { within: 2_000 })
  return { socket, answers, said: () => said, isLost: () => lost }
}

it('stands in the place of the server and changes nothing else of its URL', () => {
  expect(proxy.through('amqp://user:secret@elsewhere:5672/vhost')).toBe(
    `amqp://user:secret@127.0.0.1:${proxy.port}/vhost`,
  )
})

it('carries both ways', async () => {
  const { socket, answers } = await openClient()
  socket.write('hello')
  await answers('hello')
})

it('resets what is open and lets new connections through', async () => {
  const { isLost } = await openClient()
  await deadline('open', () => proxy.connections === 1)
  expect(proxy.cut()).toBe(1)
  await deadline('reset', isLost)
  const { socket, answers } = await openClient()
  socket.write('again')
  await answers('again')
})

it('delays without letting anything overtake', async () => {
  const { socket, answers } = await openClient()
  proxy.delay(50)
  const started = performance.now()
  for (const letter of 'abcdef') {
    socket.write(letter)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await answers('abcdef')
  expect(performance.now() - started).toBeGreaterThan(95) // there and back
})

it('swallows in silence, and resets those connections when it heals', async () => {
  const { socket, said, isLost } = await openClient()
  proxy.blackHole()
  socket.write('into the dark')
  const late = await openClient()
  late.socket.write('me too')
  await deadline('both arrived at the proxy', () => proxy.connections === 2)
  await new Promise((resolve) => setTimeout(resolve, 100)) // that nothing comes can only be waited for
  expect([said(), isLost(), late.said()]).toEqual(['', false, ''])
  proxy.heal()
  await deadline('reset', () => isLost() && late.isLost())
})

it('silences what is open for good, and lets new connections through', async () => {
  const { socket, said, isLost } = await openClient()
  await deadline('open', () => proxy.connections === 1)
  expect(proxy.silence()).toBe(1)
  socket.write('into the dark')
  const late = await openClient()
  late.socket.write('light')
  await late.answers('light')
  proxy.heal()
  expect([said(), isLost()]).toEqual(['', false])
})
