import { z } from 'zod'
import { readRows, row, type Database } from '#platform/database'
import { Prisma } from '#prisma'
import { failureClassOf } from '../../deliveries/failure/failure-class.ts'
import { causeOf } from '../../deliveries/failure/fingerprint.ts'
import { RUNNING } from '../../processes/index.ts'
import { tellSince, type Advised, type Since } from './tell-since.ts'

/** Dead letters of one cause. */
interface Cause {
  reaction: string
  fingerprint: string
}

/** What has changed since dead letters of one cause were given up, and what to do about them. */
export type GroupSince = Cause & Since & Advised

/** As many events of a type tell whether its reaction handles them. */
const LATEST = 100
/** As many deliveries that are tried again are compared with a cause. */
const RETRIED = 500

/**
 * Asks what has changed since for each of these causes; of one that has no letters any more nothing is told. Reads the latest letter of
 * each, the processes, and for each type of event its latest hundred.
 */
export async function readSince(db: Database, causes: readonly Cause[]): Promise<GroupSince[]> {
  if (causes.length === 0) return []
  const reactions = [...new Set(causes.map(({ reaction }) => reaction))]
  const [latest, releases, retried] = await Promise.all([
    readLatest(db, causes),
    readReleases(db, reactions),
    readRetried(db, reactions),
  ])
  const handled = await readHandled(db, latest)
  return latest.map((letter) => {
    const again = retried.find((one) => isLater(one, letter))
    const { failedAt, failedIn } = again ?? letter
    const since: Since = {
      reaction: letter.reaction,
      failureClass: failureClassOf(letter),
      isForeign: letter.isForeign,
      dependency: letter.dependency,
      failedIn,
      stillFails: again !== undefined,
      running: releases.filter(({ reaction }) => reaction === letter.reaction),
      handledSince: handled.filter((one) => isOfKind(one, letter) && one.at > failedAt).length,
    }
    return { ...since, ...tellSince(since), fingerprint: letter.fingerprint }
  })
}

const failure = {
  reaction: z.string(),
  eventType: z.string().nullable(),
  errorName: z.string().nullable(),
  errorMessage: z.string().nullable(),
  failedAt: z.date(),
  failedIn: z.string().nullable(),
}
type Letter = z.infer<typeof Letter>
const Letter = row({
  ...failure,
  fingerprint: z.string(),
  reason: z.string(),
  dependency: z.string().nullable(),
  isForeign: z.boolean(),
})

/** Over deliveries `d`: the release of the process that failed last. */
const FAILED_IN = Prisma.sql`(
  SELECT release FROM processes p WHERE p.instance = d.instance AND p.started_at <= d.failed_at ORDER BY p.started_at DESC LIMIT 1)`

function readLatest(db: Database, causes: readonly Cause[]): Promise<Letter[]> {
  const [reactions, fingerprints] = [causes.map(({ reaction }) => reaction), causes.map((one) => one.fingerprint)]
  return readRows(db, Letter)`
    SELECT d.* FROM unnest(${reactions}::text[], ${fingerprints}::text[]) AS c(reaction, fingerprint) CROSS JOIN LATERAL (
      SELECT d.reaction, d.fingerprint, d.event_type AS "eventType", d.reason, d.error_name AS "errorName", d.error_message AS "errorMessage",
        d.dependency, d.failed_at AS "failedAt", ${FAILED_IN} AS "failedIn",
        NOT EXISTS (SELECT FROM events e WHERE e.id = d.event_id OFFSET 0) AS "isForeign"
      FROM deliveries d WHERE d.state = 'dead' AND d.reaction = c.reaction AND d.fingerprint = c.fingerprint
      ORDER BY d.failed_at DESC, d.id DESC LIMIT 1
    ) AS d`
}

const Release = row({ reaction: z.string(), release: z.string(), since: z.date() })

function readReleases(db: Database, reactions: readonly string[]) {
  return readRows(db, Release)`
    SELECT u.reaction, r.release, min(r.started_at) AS since FROM ${RUNNING} AS r CROSS JOIN LATERAL unnest(r.runs) AS u(reaction)
    WHERE u.reaction = ANY(${[...reactions]}::text[]) GROUP BY u.reaction, r.release ORDER BY since`
}

type Retried = z.infer<typeof Retried>
const Retried = row(failure)

/** Deliveries that have failed and are tried again, those that failed last first. */
function readRetried(db: Database, reactions: readonly string[]): Promise<Retried[]> {
  return readRows(db, Retried)`
    SELECT d.reaction, d.event_type AS "eventType", d.error_name AS "errorName", d.error_message AS "errorMessage",
      d.failed_at AS "failedAt", ${FAILED_IN} AS "failedIn"
    FROM (
      SELECT * FROM deliveries WHERE state = 'retrying' AND reaction = ANY(${[...reactions]}::text[]) AND reason = 'failed'
        AND failed_at IS NOT NULL LIMIT ${RETRIED}
    ) AS d ORDER BY d.failed_at DESC`
}

type OfKind = Pick<Retried, 'reaction' | 'eventType'>
const isOfKind = (one: OfKind, other: OfKind) => one.reaction === other.reaction && one.eventType === other.eventType

const isLater = (one: Retried, letter: Letter) =>
  isOfKind(one, letter) && one.failedAt > letter.failedAt && told(one) === told(letter)

const told = ({ errorName, errorMessage }: Pick<Retried, 'errorName' | 'errorMessage'>) =>
  causeOf({ name: errorName ?? '', message: errorMessage ?? '' })

const Handled = row({ reaction: z.string(), eventType: z.string(), at: z.date() })

/** When each of the latest events of these kinds was handled, where it was. */
function readHandled(db: Database, letters: readonly Letter[]) {
  const kinds = new Map(letters.map((letter) => [`${letter.reaction} ${letter.eventType}`, letter]))
  const [reactions, types] = [
    [...kinds.values()].map(({ reaction }) => reaction),
    [...kinds.values()].map(({ eventType }) => eventType ?? ''),
  ]
  return readRows(db, Handled)`
    SELECT k.reaction, k.type AS "eventType", h.handled_at AS at
    FROM unnest(${reactions}::text[], ${types}::text[]) AS k(reaction, type) CROSS JOIN LATERAL (
      SELECT id FROM events WHERE type = k.type ORDER BY position DESC LIMIT ${LATEST}
    ) AS e JOIN handled_events h ON h.event_id = e.id AND h.reaction = k.reaction`
}
