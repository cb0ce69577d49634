import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { inTime } from '#platform/process/in-time'
import { Gauge } from '#platform/metrics'
import { findRecoveries } from './dead-letters/index.ts'
import { listPostponed, readBrokenInvariants } from './figures/index.ts'
import { listProjections } from './projections/list.ts'
import { readLatestWaiting, type Waiting } from './rollups/index.ts'

/** Milliseconds that a scrape waits for PostgreSQL. */
const PATIENCE_MS = 1_000

/**
 * Metrics of what waits in the whole system, asked from PostgreSQL whenever somebody scrapes: one process telling them is
 * enough. While PostgreSQL is away they are absent, and the other metrics are there all the same. Call once per process.
 */
export function measureBacklog(db: Database): void {
  new Gauge({
    name: 'fanfare_dead_letters_open',
    help: 'Dead letters that wait for an operator.',
    labelNames: ['reaction'],
    async collect() {
      const rows = await ask(countDeadLetters(db))
      this.reset()
      for (const { reaction, open } of rows ?? []) this.set({ reaction }, open)
    },
  })
  new Gauge({
    name: 'fanfare_deliveries_waiting',
    help: 'Deliveries that PostgreSQL keeps: retrying (tried again when due), blocked (behind an earlier event) or held (by an operator).',
    labelNames: ['reaction', 'state'],
    async collect() {
      const rows = await ask(countWaiting(db))
      this.reset()
      for (const { reaction, state, count } of rows ?? []) this.set({ reaction, state }, count)
    },
  })
  new Gauge({
    name: 'fanfare_relay_lag_seconds',
    help: 'Age of the oldest event that the relay has not published; 0 when there is none.',
    async collect() {
      const seconds = await ask(readLag(db))
      if (seconds === undefined) this.remove()
      else this.set(seconds)
    },
  })
  new Gauge({
    name: 'fanfare_postponed_oldest_seconds',
    help: 'For how long a reaction has put off the oldest of what it puts off again and again.',
    labelNames: ['reaction'],
    async collect() {
      const rows = await ask(listPostponed(db))
      this.reset()
      for (const { reaction, since } of rows ?? []) this.set({ reaction }, (Date.now() - since.getTime()) / 1_000)
    },
  })
  measureProjections(db)
  measureQueues(db)
  measureFindings(db)
}

/** As the scheduler has found them in the last minute; absent when it has not looked, or the broker has not answered. */
function measureQueues(db: Database): void {
  const read = () => ask(readLatestWaiting(db)).then((waiting) => Object.entries(waiting ?? {}))
  const gauge = (what: { name: string; help: string }, valueOf: (one: Waiting) => number | undefined) =>
    new Gauge({
      ...what,
      labelNames: ['reaction'],
      async collect() {
        const waiting = await read()
        this.reset()
        for (const [reaction, one] of waiting) {
          const value = valueOf(one)
          if (value !== undefined) this.set({ reaction }, value)
        }
      },
    })
  gauge({ name: 'fanfare_queue_messages', help: 'Messages ready on the queue of a reaction.' }, ({ queued }) => queued)
  gauge(
    {
      name: 'fanfare_queue_oldest_seconds',
      help: 'Age of the first event that waits on the queue of a reaction; 0 when it is empty.',
    },
    ({ oldestMs }) => oldestMs && oldestMs / 1_000,
  )
  gauge(
    { name: 'fanfare_reaction_replicas', help: 'Processes that take from the queue of a reaction.' },
    ({ replicas }) => replicas,
  )
}

/** What an audit or an outage has left for somebody to look at. */
function measureFindings(db: Database): void {
  new Gauge({
    name: 'fanfare_invariants_broken',
    help: 'What breaks an invariant, by the latest audit.',
    labelNames: ['invariant'],
    async collect() {
      const rows = await ask(readBrokenInvariants(db))
      this.reset()
      for (const { invariant, count } of rows ?? []) this.set({ invariant }, count)
    },
  })
  new Gauge({
    name: 'fanfare_dead_letters_recovered',
    help: 'Dead letters of outages that are over, by what was away; stopped: the policy has given up redriving them.',
    labelNames: ['dependency', 'stopped'],
    async collect() {
      const rows = await ask(findRecoveries(db))
      this.reset()
      for (const { dependency, letters, stopped } of rows ?? [])
        this.set({ dependency, stopped: String(stopped !== null) }, letters)
    },
  })
}

function measureProjections(db: Database): void {
  new Gauge({
    name: 'fanfare_projection_lag_seconds',
    help: 'Age of the oldest event that the tables of a projection do not contain; 0 when there is none.',
    labelNames: ['projection'],
    async collect() {
      const rows = await ask(listProjections(db))
      this.reset()
      for (const { name, lagSeconds } of rows ?? []) this.set({ projection: name }, lagSeconds)
    },
  })
  new Gauge({
    name: 'fanfare_projection_stopped',
    help: '1 while a projection stands still: failed on an event, or paused by an operator.',
    labelNames: ['projection', 'state'],
    async collect() {
      const rows = await ask(listProjections(db))
      this.reset()
      for (const { name, state } of rows ?? []) if (state !== 'running') this.set({ projection: name, state }, 1)
    },
  })
}

/** The answer, or nothing when PostgreSQL fails or is late. */
function ask<Answer>(asked: Promise<Answer>): Promise<Answer | undefined> {
  return inTime(asked, PATIENCE_MS).catch(() => undefined)
}

const DeadLetters = row({ reaction: z.string(), open: z.int() })

/** Of every reaction that is subscribed. */
export function countDeadLetters(db: Database) {
  return readRows(db, DeadLetters)`
    SELECT reaction, (SELECT count(*)::int FROM deliveries d WHERE d.reaction = s.reaction AND d.state = 'dead') AS open
    FROM (SELECT DISTINCT reaction FROM subscriptions) AS s ORDER BY reaction`
}

const Waiting = row({ reaction: z.string(), state: z.string(), count: z.int() })

function countWaiting(db: Database) {
  return readRows(db, Waiting)`
    SELECT reaction, state, count(*)::int AS count FROM deliveries
    WHERE state IN ('retrying', 'blocked', 'held') GROUP BY reaction, state ORDER BY reaction, state`
}

const Oldest = row({ seconds: z.number() })

async function readLag(db: Database): Promise<number> {
  const [oldest] = await readRows(db, Oldest)`
    SELECT extract(epoch FROM clock_timestamp() - occurred_at)::float8 AS seconds FROM events
    WHERE position > (SELECT coalesce(max(position), 0) FROM relay_checkpoints) ORDER BY position LIMIT 1`
  return oldest?.seconds ?? 0
}
