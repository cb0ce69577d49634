/** What the core asks of a message broker. Singular file: the contract; `rabbitmq.ts` is the implementation. */
export interface Broker {
  /** Creates what is missing. @throws TopologyMismatch when something exists with other properties */
  declare(topology: Topology): Promise<void>
  /** Ends bindings; those that do not exist are fine. */
  unbind(bindings: Topology['bindings']): Promise<void>
  /**
   * Publishes and waits until the broker has taken responsibility for every message.
   * @param silenceMs milliseconds without any answer after which the wait ends. @default 10000
   * @returns the ids of messages that no queue received; they are confirmed and gone, so treat them as not sent
   * @throws Unconfirmed when it is not certain that all have arrived; it tells which have
   */
  publish(messages: readonly Outgoing[], options?: { silenceMs?: number }): Promise<ReadonlySet<string>>
  /** True while the broker refuses publishes (memory or disk alarm) or is not connected. Take no new work then. */
  readonly publishingPaused: boolean
  /** Consumes a queue until closed, over reconnects. Resolves when the first subscription stands. */
  consume(subscription: Consumption): Promise<Consumer>
  /**
   * Called after each new connection to the broker, the first included; it may have been replaced by an empty one.
   * @returns a function that ends the calls
   */
  onConnect(listener: () => void): () => void
  hasExchange(exchange: string): Promise<boolean>
  /** Messages ready in a queue; undefined when there is no such queue. @throws when the queue does not answer */
  depth(queue: string): Promise<number | undefined>
  /** Messages ready and consumers of each queue, asked over one channel. A queue that is missing or does not answer is left out. */
  sizes(queues: readonly string[]): Promise<Map<string, QueueSize>>
  /**
   * Removes queues and exchanges, whatever they hold; asks again when the connection breaks meanwhile. For tests and for
   * tearing a namespace down.
   */
  destroy(topology: Topology): Promise<void>
  close(): Promise<void>
}

export interface QueueSize {
  messages: number
  consumers: number
}

export interface Topology {
  /** Durable fanout exchanges, by name. */
  exchanges: readonly string[]
  queues: readonly { name: string; arguments: Record<string, unknown> }[]
  bindings: readonly { queue: string; exchange: string }[]
}

export interface Outgoing {
  /** '' is the default exchange: the routing key is the name of the queue. */
  exchange: string
  routingKey: string
  messageId: string
  type?: string
  contentType?: string
  headers?: Record<string, unknown>
  body: Buffer
}

export interface Consumption {
  queue: string
  /** Declared again with each new channel, so that a broker that lost everything is whole again. */
  topology: Topology
  /** Messages handed out before acknowledgements are awaited. */
  prefetch: number
  onDelivery: (delivery: Delivery) => void
  /** The broker ended the subscription: the queue was deleted, or moved. It is subscribed to again, perhaps as a new queue. */
  onCancelled?: () => void
  /** The channel is gone: deliveries handed out before can no longer be acknowledged, and come again. */
  onLost: () => void
}

export interface Delivery {
  readonly body: Buffer
  readonly messageId: string | undefined
  readonly contentType: string | undefined
  readonly headers: Readonly<Record<string, unknown>>
  readonly exchange: string
  readonly routingKey: string
  /** How often it was handed out before without being settled. */
  readonly deliveryCount: number
  /** Done with it. Without effect when the channel is gone. */
  ack(): void
  /** Not now: back into the queue. Without effect when the channel is gone. */
  requeue(): void
}

export interface Consumer {
  /** Hands back what was not acknowledged, and stops. */
  close(): Promise<void>
}

/** What became of a batch. It goes on changing while late answers come in. */
export interface Answers {
  /** Ids of messages that may have arrived, in all of their queues or in some; each other one of the batch has. */
  readonly unconfirmed: ReadonlySet<string>
  /** Ids of messages that no queue received. */
  readonly unroutable: ReadonlySet<string>
  /** The channel is gone: no answer can come any more. */
  readonly isLost: boolean
}

/** Some messages of a batch are refused, or without an answer. */
export class Unconfirmed extends Error {
  override name = 'Unconfirmed'
  readonly answers: Answers
  constructor(message: string, answers: Answers, options?: ErrorOptions) {
    super(message, options)
    this.answers = answers
  }
}

/** A queue or exchange stands on the broker with other properties than wanted. */
export class TopologyMismatch extends Error {
  override name = 'TopologyMismatch'
}
