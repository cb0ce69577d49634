/** A way of doing the same, in two configurations; what is set is told for each, durability included. */
interface Peer {
  title: string
  default: string
  tuned: string
  /** A process of its own publishes what the others have stored. */
  relay?: true
}

const DURABLE = 'quorum queues, persistent, confirmed'
const AOF = 'append-only file, flushed every second'

/** By name: its file in bench/peers; `fanfare` is ourselves. In the order in which they take their turns. */
const PEERS: Record<string, Peer> = {
  fanfare: {
    title: 'Fanfare',
    default: `${DURABLE}; \`handle\`, event by event`,
    tuned: `${DURABLE}; \`handleBatch\`, orders that arrive during a commit share the next one`,
    relay: true,
  },
  'publish-after-commit': {
    title: 'amqplib, publish after commit',
    default: 'durable classic queues, persistent, no confirms; prefetch 1',
    tuned: `${DURABLE}; prefetch 50`,
  },
  outbox: {
    title: 'amqplib, outbox and inbox by hand',
    default: `${DURABLE}; prefetch 1, outbox read every 100 ms`,
    tuned: `${DURABLE}; prefetch 50, outbox read every 5 ms`,
    relay: true,
  },
  nest: {
    title: 'Nest RabbitMQ microservice',
    default: 'durable classic queues, not persistent, confirmed; noAck, no limit of prefetch',
    tuned: `${DURABLE}; acknowledged by hand, prefetch 50`,
  },
  bullmq: {
    title: 'BullMQ flows',
    default: `${AOF}; concurrency 1, one attempt, lock 30 s`,
    tuned: `${AOF}; concurrency 50, 5 attempts, lock 5 s, up to 10 stalls`,
  },
  'pg-boss': {
    title: 'pg-boss',
    default: 'in the PostgreSQL of the orders; one job of a queue every 2 s, expiry 15 min',
    tuned: 'the same; transactional batches of 100, LISTEN/NOTIFY, expiry 5 s',
  },
  dbos: {
    title: 'DBOS Transact',
    default: 'in the PostgreSQL of the orders; transactions of a data source, queue polled every second',
    tuned: 'the same; queue polled every 20 ms, 100 orders at once',
  },
  restate: {
    title: 'Restate',
    default: 'steps noted in the flushed log of its server, after their commit; 24 partitions, log as in a cluster',
    tuned: 'the same; 4 partitions, log for a single server',
  },
}

/** A row of the table. */
export interface Configuration {
  title: string
  peer: string
  configuration: 'default' | 'tuned'
  settings: string
  relay: boolean
}

export const CONFIGURATIONS: readonly Configuration[] = Object.entries(PEERS).flatMap(
  ([peer, { title, relay = false, ...settings }]) =>
    (['default', 'tuned'] as const).map((configuration) => ({
      title,
      peer,
      configuration,
      settings: settings[configuration],
      relay,
    })),
)
