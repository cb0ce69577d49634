import { rounded, type Schedule } from '../contest.ts'
import type { Stage } from '../stage/stage.ts'
import type { Configuration } from './configurations.ts'
import type { Counts } from './counts.ts'
import { killUnderLoad, PATIENCE_S } from './kills.ts'
import { measurePace, rateOf, type Pace } from './pace.ts'

/** What has shown itself of one configuration so far. */
export interface Finding {
  readonly one: Configuration
  /** One for each round. */
  readonly paces: Pace[]
  counts?: Counts
  /** Why it was not tried any further, in a line. */
  failure?: string
}

/** What fails is told in its finding, and the others go on. */
export async function compare(stage: Stage, chosen: readonly Configuration[], schedule: Schedule): Promise<Finding[]> {
  const findings = chosen.map((one): Finding => ({ one, paces: [] }))
  await inRounds(stage, findings, schedule)
  await underKills(stage, findings, schedule.say)
  return findings
}

/** All in turn, round after round, so that what else this machine does falls on all of them alike. */
async function inRounds(stage: Stage, findings: Finding[], { rounds, seconds, settle, say }: Schedule) {
  for (let round = 1; round <= rounds; round++)
    for (const finding of findings)
      await attempt(stage, finding, say, async () => {
        await settle()
        const pace = await measurePace(stage, finding.one, { seconds, known: finding.paces.at(-1) })
        finding.paces.push(pace)
        say(`  ${round}/${rounds}  ${nameOf(finding.one).padEnd(44)}  ${rounded(pace.ordersPerS)} orders/s`)
      })
}

/** One configuration after the other is killed; the patience with them runs side by side. */
async function underKills(stage: Stage, findings: Finding[], say: Schedule['say']) {
  const waiting: Promise<void>[] = []
  for (const finding of findings)
    await attempt(stage, finding, say, async () => {
      say(`  killing ${nameOf(finding.one)}`)
      const { counts } = await killUnderLoad(stage, finding.one, rateOf(finding.paces))
      const counted = attempt(stage, finding, say, async () => void (finding.counts = await counts))
      counted.catch(() => {}) // told when all are awaited
      waiting.push(counted)
    })
  say(`  waiting until ${PATIENCE_S} s after the last kill`)
  await Promise.all(waiting)
}

/** @throws only when the stage itself is gone */
export async function attempt(
  stage: Pick<Stage, 'isOpen'>,
  finding: Finding,
  say: Schedule['say'],
  work: () => Promise<void>,
): Promise<void> {
  if (finding.failure !== undefined) return
  try {
    await work()
  } catch (error) {
    if (!stage.isOpen()) throw error
    const reason = error instanceof Error ? error.message : String(error)
    finding.failure = reason.split('\n', 1)[0]!
    say(`  ${nameOf(finding.one)} has failed: ${reason}`)
  }
}

export const nameOf = ({ title, configuration }: Configuration) => `${title}, ${configuration}`
