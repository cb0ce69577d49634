// What listens, listens on this machine alone: a process of the system, and the services that npm start and npm test run.
// All of npm start takes half a minute, so that is looked at when asked: SCAN_START=yes npm test -- closed-by-default
import { spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { membersOf } from '../dev/footprint/groups.ts'
import { startSystem } from '../dev/footprint/start.ts'
import { compile } from '../dev/processes/compiled.ts'
import { InstanceSet } from '../dev/services/index.ts'
import { startGateway } from '../sandbox/payment-gateway/server.ts'
import { deadline, freePort, placeOf, releases, requireTestService, testDatabase } from '#testing'

const later = releases()

/** `7F000001` is 127.0.0.1 of IPv4: a 32-bit number of this machine's byte order. The other two are of IPv6. */
const LOOPBACK = /^(0100007F|00000000000000000000000001000000|0000000000000000FFFF00000100007F)$/
const LISTENING = '0A'

interface Socket {
  address: string
  port: number
  inode: string
}

/** Every listening TCP socket of this network namespace. */
const sockets = (): Socket[] =>
  ['/proc/net/tcp', '/proc/net/tcp6'].filter(existsSync).flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => line.trim().split(/\s+/))
      .filter(([, , , state]) => state === LISTENING)
      .map((columns) => {
        const [address = '', port = ''] = columns[1]!.split(':')
        return { address, port: Number.parseInt(port, 16), inode: columns[9]! }
      }),
  )

function socketsOf(pid: number): Socket[] {
  const folder = `/proc/${pid}/fd`
  if (!existsSync(folder)) return []
  const held = new Set(
    readdirSync(folder).flatMap((fd) => /^socket:\[(\d+)\]$/.exec(linkOf(`${folder}/${fd}`))?.[1] ?? []),
  )
  return sockets().filter(({ inode }) => held.has(inode))
}

/** Empty for one that was closed meanwhile. */
function linkOf(file: string): string {
  try {
    return readlinkSync(file)
  } catch {
    return ''
  }
}

const open = (found: readonly Socket[]) => found.filter(({ address }) => !LOOPBACK.test(address))

const onLinux = process.platform === 'linux' ? it : it.skip

onLinux(
  'the API and its metrics listen on this machine alone',
  async () => {
    const database = await testDatabase()
    later(database.close)
    const metrics = await freePort()
    const { HOST: _told, ...environment } = process.env
    const program = await compile()
    const child = spawn(process.execPath, program('src/main/api.ts'), {
      stdio: 'ignore',
      env: {
        ...environment,
        DATABASE_URL: database.url,
        RABBITMQ_URL: requireTestService('TEST_RABBITMQ_URL'),
        REDIS_URL: requireTestService('TEST_REDIS_URL'),
        PORT: '0',
        METRICS_PORT: String(metrics),
      },
    })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    later(() => child.kill() && ended)
    const ports = () => socketsOf(child.pid!).map(({ port }) => port)
    await deadline('both ports are served', () => ports().length > 1 && ports().includes(metrics))
    expect(open(socketsOf(child.pid!))).toEqual([])
  },
  60_000,
)

onLinux('so do the services and the sandbox', async () => {
  const gateway = await startGateway({ port: 0 })
  later(() => gateway.close())
  const urls = ['TEST_DATABASE_URL', 'TEST_RABBITMQ_URL', 'TEST_REDIS_URL'].map(requireTestService)
  const ports = [...urls.map((url) => placeOf(url).port), Number(new URL(gateway.url).port)]
  const found = sockets().filter(({ port }) => ports.includes(port))
  expect(new Set(found.map(({ port }) => port))).toEqual(new Set(ports))
  expect(open(found)).toEqual([])
})

const whenAsked = process.env['SCAN_START'] ? onLinux : it.skip

whenAsked(
  'so does everything that npm start runs',
  async () => {
    const { NODE_ENV, PORT } = process.env
    later(() => void Object.assign(process.env, { NODE_ENV, PORT }))
    Object.assign(process.env, { NODE_ENV: 'development', PORT: String(await freePort()) })
    const start = await startSystem([])
    later(start.stop)
    const found = membersOf(start.pid, InstanceSet.open('dev')).flatMap(({ name, pids }) =>
      pids.flatMap(socketsOf).map((socket) => ({ name, ...socket })),
    )
    const listeners = [...new Set(found.map(({ name }) => name))]
    expect(listeners).toEqual(expect.arrayContaining(['PostgreSQL', 'RabbitMQ', 'Redis', 'api', 'gateway', 'mail']))
    process.stdout.write(`${found.length} sockets of ${listeners.join(', ')}\n`)
    expect(open(found)).toEqual([])
  },
  300_000,
)
