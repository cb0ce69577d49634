import { setTimeout as wait } from 'node:timers/promises'
import { connect, type Channel, type ChannelModel } from 'amqplib'
import type { Logger } from '#platform/logger'

/** Something that is opened again whenever it breaks. */
export interface Kept<T> {
  /** The open one; waits while there is none. */
  get(): Promise<T>
  readonly current: T | undefined
  close(): Promise<void>
}

interface Opened<T> {
  value: T
  /** Settles when it is no longer open, whoever closed it. */
  closed: Promise<unknown>
  close(): Promise<unknown>
}

const FIRST_DELAY = 50
const LONGEST_DELAY = 1_000

/** Opens something again and again: with growing, jittered pauses while that fails, at once after it had worked. */
function keepOpen<T>(what: string, log: Logger, open: (attempt: number) => Promise<Opened<T>>): Kept<T> {
  let current: Opened<T> | undefined
  let waiters: { resolve: (value: T) => void; reject: (error: Error) => void }[] = []
  const stop = new AbortController()
  const stopped = new Promise<undefined>((resolve) => stop.signal.addEventListener('abort', () => resolve(undefined)))

  const run = async () => {
    let delay = FIRST_DELAY
    for (let attempt = 0; !stop.signal.aborted; attempt++) {
      try {
        const opening = open(attempt)
        current = await Promise.race([opening, stopped])
        // Whoever closes does not wait for a server that is away; what opens later is closed at once.
        if (stop.signal.aborted) return void opening.then((late) => late.close()).catch(() => {})
        if (!current) continue
        for (const { resolve } of waiters.splice(0)) resolve(current.value)
        delay = FIRST_DELAY
        await current.closed
        if (!stop.signal.aborted) log.warn(`${what} lost, opening it again`)
      } catch (err) {
        if (!stop.signal.aborted)
          log.warn({ reason: (err as Error).message }, `${what} could not be opened, trying again`)
      }
      current = undefined
      await wait(delay * (0.8 + 0.4 * Math.random()), undefined, { signal: stop.signal }).catch(() => {})
      delay = Math.min(LONGEST_DELAY, delay * 2)
    }
  }
  const running = run()

  return {
    get current() {
      return current?.value
    },
    get() {
      if (stop.signal.aborted) return Promise.reject(new Error(`${what} is closed`))
      if (current) return Promise.resolve(current.value)
      return new Promise((resolve, reject) => waiters.push({ resolve, reject }))
    },
    async close() {
      stop.abort()
      for (const { reject } of waiters) reject(new Error(`${what} is closed`))
      waiters = []
      await current?.close().catch(() => {})
      await running
    },
  }
}

/** Seconds of silence after which a connection counts as dead (twice missed). */
const HEARTBEAT_SECONDS = 5

/**
 * One connection, kept open. Several URLs (the nodes of a cluster) are tried in turn.
 * @param onState told about each new connection and each broker alarm
 */
export function keepConnection(
  urls: readonly string[],
  name: string,
  log: Logger,
  onState: (state: 'open' | 'blocked' | 'unblocked') => void,
) {
  return keepOpen<ChannelModel>(`connection '${name}' to RabbitMQ`, log, async (attempt) => {
    const url = new URL(urls[attempt % urls.length]!)
    url.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS))
    const model = await connect(url.toString(), {
      timeout: 5_000,
      noDelay: true, // Nagle's algorithm costs 40 ms a hop
      keepAlive: true,
      clientProperties: { connection_name: name },
    })
    model.on('error', (err) => log.warn({ reason: err.message }, 'RabbitMQ connection error'))
    model.on('blocked', () => onState('blocked'))
    model.on('unblocked', () => onState('unblocked'))
    const closed = new Promise((resolve) => model.once('close', resolve))
    onState('open')
    return { value: model, closed, close: () => model.close() }
  })
}

/** One channel on a kept connection, kept open: `create` opens it and sets it up. */
export function keepChannel<C extends Channel>(
  connection: Kept<ChannelModel>,
  name: string,
  log: Logger,
  create: (model: ChannelModel) => Promise<C>,
  setUp: (channel: C) => Promise<unknown> = async () => {},
): Kept<C> {
  return keepOpen<C>(`channel '${name}'`, log, async () => {
    const channel = await create(await connection.get())
    let isClosed = false
    const closed = new Promise<void>((resolve) => channel.once('close', () => ((isClosed = true), resolve())))
    channel.on('error', (err) => log.warn({ reason: err.message }, `RabbitMQ closed channel '${name}'`))
    try {
      await setUp(channel)
    } catch (error) {
      if (!isClosed) await channel.close().catch(() => {})
      throw error
    }
    return { value: channel, closed, close: () => channel.close() }
  })
}
