import { once } from 'node:events'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'

/** A stretch of network between a client and a server that can be made to misbehave. */
export interface TcpProxy {
  readonly port: number
  /** `url` with this proxy in place of its host and port. */
  through(url: string): string
  /** Connections open at this moment. */
  readonly connections: number
  /** Resets connections on both sides, as a firewall does. @param share of the open ones, from 0 to 1. @default 1 */
  cut(share?: number): number
  /** Each chunk arrives so many milliseconds late, plus or minus half of it; 0 ends the delay. Nothing overtakes. */
  delay(ms: number): void
  /**
   * From now on nothing arrives any more, in either direction, and nobody is told: the half-open connection of a
   * pulled plug. New connections open and stay silent too.
   */
  blackHole(): void
  /** From now on what the server says does not arrive any more; what the client says does. */
  deafen(): void
  /**
   * The connections open now go silent for good, as when a firewall has forgotten them; new ones work.
   * @returns how many
   */
  silence(): number
  /** From now on new connections lead to another server; those that are open are reset. */
  leadTo(target: Target): void
  /** Ends `delay`, `blackHole` and `deafen`. What was swallowed stays lost: its connections are reset. */
  heal(): void
  close(): Promise<void>
}

export interface Target {
  host: string
  port: number
}

/**
 * A proxy in front of a server on this machine.
 * @param random answers from 0 up to 1; a seeded one makes the jitter and the choice of connections repeatable
 */
export async function tcpProxy(first: Target, random: () => number = Math.random): Promise<TcpProxy> {
  let target = first
  const pairs = new Set<Pair>()
  const weather = { delayMs: 0, isBlackHole: false, isDeaf: false }
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ ...target, noDelay: true })
    const pair = createPair(client, upstream, weather, random)
    pairs.add(pair)
    void pair.closed.then(() => pairs.delete(pair))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const ownPort = (server.address() as AddressInfo).port

  const cut = (share = 1) => {
    const chosen = [...pairs].filter(() => share >= 1 || random() < share)
    for (const pair of chosen) pair.reset()
    return chosen.length
  }
  return {
    port: ownPort,
    through: (url) => withPlace(url, ownPort),
    get connections() {
      return pairs.size
    },
    cut,
    delay: (ms) => void (weather.delayMs = ms),
    blackHole: () => void (weather.isBlackHole = true),
    deafen: () => void (weather.isDeaf = true),
    silence() {
      for (const pair of pairs) pair.silence()
      return pairs.size
    },
    leadTo(other) {
      target = other
      cut()
    },
    heal() {
      Object.assign(weather, { delayMs: 0, isBlackHole: false, isDeaf: false })
      for (const pair of pairs) if (pair.hasLost && !pair.isSilent) pair.reset()
    },
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      cut()
      await closed
    },
  }
}

function withPlace(url: string, port: number): string {
  const there = new URL(url)
  there.hostname = '127.0.0.1'
  there.port = String(port)
  return there.href
}

/** Where a service's URL points to. */
export function placeOf(url: string): Target {
  const { hostname, port } = new URL(url)
  return { host: hostname, port: Number(port) }
}

interface Weather {
  delayMs: number
  isBlackHole: boolean
  isDeaf: boolean
}

interface Pair {
  /** Bytes were swallowed: the two sides no longer agree on what was said. */
  readonly hasLost: boolean
  readonly isSilent: boolean
  readonly closed: Promise<unknown>
  reset(): void
  silence(): void
}

function createPair(client: Socket, upstream: Socket, weather: Weather, random: () => number): Pair {
  let hasLost = false
  let isSilent = false
  const isDark = () => weather.isBlackHole || isSilent
  const carry = (from: Socket, to: Socket) => {
    let earlier: Promise<void> = Promise.resolve()
    const arrive = async (act: () => void) => {
      const late = weather.delayMs === 0 ? 0 : weather.delayMs * (0.5 + random())
      const due = late === 0 ? undefined : new Promise<void>((resolve) => setTimeout(resolve, late))
      const turn = (earlier = Promise.all([earlier, due]).then(act))
      await turn
    }
    from.on('data', (chunk: Buffer) => {
      if (isDark() || hasLost || (weather.isDeaf && from === upstream)) return void (hasLost = true)
      return void arrive(() => !to.destroyed && to.write(chunk))
    })
    from.on('end', () => !isDark() && void arrive(() => void to.end()))
    from.on('error', () => {}) // its close follows
    from.on('close', () => {
      if (weather.isBlackHole || hasLost)
        hasLost = true // the other side is not told
      else void arrive(() => void to.destroy())
    })
  }
  carry(client, upstream)
  carry(upstream, client)
  return {
    get hasLost() {
      return hasLost
    },
    get isSilent() {
      return isSilent
    },
    silence: () => void (isSilent = true),
    closed: Promise.all([closeOf(client), closeOf(upstream)]),
    reset() {
      client.resetAndDestroy()
      upstream.resetAndDestroy()
    },
  }
}

/** Unlike `once` it does not fail when the connection does. */
const closeOf = (socket: Socket) => new Promise<void>((resolve) => socket.once('close', () => resolve()))
