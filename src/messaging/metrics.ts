import { Counter, Gauge, Histogram } from '#platform/metrics'

/**
 * Names and labels are those of OpenTelemetry's semantic conventions for messaging where these have one, as Prometheus writes them;
 * the others begin with `fanfare_`.
 */
const ofMessaging = ['messaging_system', 'messaging_operation_name', 'messaging_destination_name']

const sentMessages = new Counter({
  name: 'messaging_client_sent_messages_total',
  help: 'Events published by the relay and confirmed by the broker, by exchange (messaging.client.sent.messages).',
  labelNames: ofMessaging,
})
export const countSent = (exchange: string): void =>
  sentMessages.inc({
    messaging_system: 'rabbitmq',
    messaging_operation_name: 'publish',
    messaging_destination_name: exchange,
  })
export const unroutedEvents = new Counter({
  name: 'fanfare_relay_unrouted_total',
  help: 'Events the broker returned although a reaction is subscribed to their type; they are published again.',
  labelNames: ['type'],
})
export const relayPosition = new Gauge({
  name: 'fanfare_relay_position',
  help: "The relay's checkpoint in the event store.",
})
export const sickQueues = new Gauge({
  name: 'fanfare_relay_sick_queues',
  help: '1 while the relay publishes past a queue that takes no messages; PostgreSQL delivers to its reaction meanwhile.',
  labelNames: ['reaction'],
})
export const deliveryOutcomes = new Counter({
  name: 'fanfare_deliveries_total',
  help: 'Deliveries settled by a reaction: done (handled now or before), later (to be tried again) or dead.',
  labelNames: ['reaction', 'outcome'],
})
export const givenUp = new Counter({
  name: 'fanfare_given_up_total',
  help: 'Deliveries that became dead letters, by what failed: dependency, data or code.',
  labelNames: ['reaction', 'class'],
})
const processSeconds = new Histogram({
  name: 'messaging_process_duration_seconds',
  help: 'Seconds one batch took, from taking its messages to settling them (messaging.process.duration).',
  labelNames: [...ofMessaging, 'reaction'],
  buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10],
})
export const observeBatch = (reaction: string, queue: string, seconds: number): void =>
  processSeconds.observe(
    {
      messaging_system: 'rabbitmq',
      messaging_operation_name: 'process',
      messaging_destination_name: queue,
      reaction,
    },
    seconds,
  )
export const criticalSeconds = new Histogram({
  name: 'fanfare_critical_time_seconds',
  help: 'Seconds from the storing of an event to the commit of the reaction that handled it.',
  labelNames: ['reaction'],
  buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800],
})
export const pausedReactions = new Gauge({
  name: 'fanfare_reaction_paused',
  help: '1 while a reaction holds its messages because something it depends on is away.',
  labelNames: ['reaction'],
})
export const redeliveredEvents = new Counter({
  name: 'fanfare_reconcile_redelivered_total',
  help: 'Events that reconciliation took for lost, and that PostgreSQL delivers.',
  labelNames: ['reaction'],
})
export const projectionPosition = new Gauge({
  name: 'fanfare_projection_position',
  help: 'How far the tables of a projection have come in the event store, in the process that keeps them current.',
  labelNames: ['projection'],
})
