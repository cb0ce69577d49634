import { setTimeout as wait } from 'node:timers/promises'
import { connect, type Channel, type ChannelModel } from 'amqplib'
import type { Logger } from '#platform/log/logger'
import { end } from './end.ts'

/** Something that is opened again whenever it breaks. */
export interface Kept<T> {
  /** The open one; waits while there is none. */
  get(): Promise<T>
  readonly current: T | undefined
  close(): Promise<void>
}

interface Opened<T> {
  value: T
  /** Resolves when it is no longer open, whoever closed it; with the error, if there was one. */
  closed: Promise<Error | undefined>
  close(): Promise<void>
}

const FIRST_DELAY = 50
const LONGEST_DELAY = 1_000

interface Opening<T> {
  what: string
  open: (attempt: number) => Promise<Opened<T>>
  /** Where it is opened: for the log. */
  addressOf?: (attempt: number) => string
  /** Told that it is open again, with the milliseconds for which it was not. */
  onReopened?: (attempt: number, awayMs: number) => void
}

/** Opens something again and again: with growing, jittered pauses while that fails, at once after it had worked. */
function keepOpen<T>({ what, open, addressOf, onReopened }: Opening<T>, log: Logger): Kept<T> {
  let current: Opened<T> | undefined
  let waiters: { resolve: (value: T) => void; reject: (error: Error) => void }[] = []
  const stop = new AbortController()
  const stopped = new Promise<undefined>((resolve) => stop.signal.addEventListener('abort', () => resolve(undefined)))

  const warn = (attempt: number, error: NodeJS.ErrnoException | undefined, sentence: string) => {
    if (stop.signal.aborted) return
    const reason = error ? error.message || error.code || error.name : 'it was closed without an error'
    log.warn({ ...(addressOf && { address: addressOf(attempt) }), reason }, sentence)
  }

  const run = async () => {
    let delay = FIRST_DELAY
    let awaySince: number | undefined
    for (let attempt = 0; !stop.signal.aborted; attempt++) {
      try {
        const opening = open(attempt)
        current = await Promise.race([opening, stopped])
        // Whoever closes does not wait for a server that is away; what opens later is closed at once.
        if (stop.signal.aborted) return void opening.then((late) => late.close()).catch(() => {})
        if (!current) continue
        for (const { resolve } of waiters.splice(0)) resolve(current.value)
        delay = FIRST_DELAY
        if (awaySince !== undefined) onReopened?.(attempt, performance.now() - awaySince)
        awaySince = undefined
        warn(attempt, await current.closed, `${what} lost, opening it again`)
        awaySince = performance.now()
      } catch (error) {
        awaySince ??= performance.now()
        warn(attempt, error as Error, `${what} could not be opened, trying again`)
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
      await current?.close()
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
  const urlOf = (attempt: number) => new URL(urls[attempt % urls.length]!)
  const open = async (attempt: number) => {
    const url = urlOf(attempt)
    url.searchParams.set('heartbeat', String(HEARTBEAT_SECONDS))
    const model = await connect(url.toString(), {
      timeout: 5_000,
      noDelay: true, // Nagle's algorithm costs 40 ms a hop
      keepAlive: true,
      clientProperties: { connection_name: name },
    })
    model.on('error', () => {}) // it closes then, with the error
    model.on('blocked', () => onState('blocked'))
    model.on('unblocked', () => onState('unblocked'))
    const closed = new Promise<Error | undefined>((resolve) => model.once('close', resolve))
    await stillOpen(model).catch((error: unknown) => {
      void end(model) // if it is open after all
      throw error
    })
    onState('open')
    return { value: model, closed, close: () => end(model) }
  }
  const what = `connection '${name}' to RabbitMQ`
  const addressOf = (attempt: number) => urlOf(attempt).host
  const onReopened = (attempt: number, awayMs: number) =>
    log.info({ address: addressOf(attempt), awayMs: Math.round(awayMs), isRecovery: true }, `${what} is open again`)
  return keepOpen<ChannelModel>({ what, open, addressOf, onReopened }, log)
}

/**
 * amqplib reads what came together with the broker's consent before it hands the connection over: a close that was among it is
 * told to nobody. Then this throws.
 */
async function stillOpen(model: ChannelModel): Promise<void> {
  await end(await model.createChannel())
}

/** Throws likewise for a channel. Asks for no limit of the prefetch, which is the default. */
const answers = (channel: Channel) => channel.prefetch(0)

/** One channel on a kept connection, kept open: `create` opens it and `setUp` asks the broker for what it needs. */
export function keepChannel<C extends Channel>(
  connection: Kept<ChannelModel>,
  name: string,
  log: Logger,
  create: (model: ChannelModel) => Promise<C>,
  setUp: (channel: C) => Promise<unknown> = answers,
): Kept<C> {
  const open = async () => {
    const channel = await create(await connection.get())
    let isClosed = false
    let error: Error | undefined
    channel.on('error', (err: Error) => (error = err))
    const closed = new Promise<Error | undefined>((resolve) =>
      channel.once('close', () => ((isClosed = true), resolve(error))),
    )
    try {
      await setUp(channel)
    } catch (failure) {
      if (!isClosed) await end(channel)
      throw failure
    }
    return { value: channel, closed, close: () => end(channel) }
  }
  return keepOpen<C>({ what: `channel '${name}'`, open }, log)
}
