import { rounded, type Benchmark, type Options, type Table } from '../benchmark.ts'
import type { Counts } from '../comparison/counts.ts'
import { killUnderLoad, KILLS, PATIENCE_S } from '../comparison/kills.ts'
import { easyRate, measurePace, type Pace } from '../comparison/pace.ts'
import { installPeers, PEERS, versions } from '../comparison/packages.ts'
import type { Environment } from '../environment/environment.ts'
import { spreadOf } from '../statistics.ts'

interface Finding {
  /** One for each round. */
  paces: Pace[]
  counts?: Counts
  /** Why it was not tried any further. */
  failure?: string
}

/** The same small order flow in other ways: how fast, and what is lost or doubled when processes are killed. */
export function peers(environment: Environment, options: Options): Benchmark {
  const findings = new Map(Object.keys(PEERS).map((peer): [string, Finding] => [peer, { paces: [] }]))
  return {
    title: 'Other ways of doing the same',
    method: METHOD,
    settings: versions(),
    sides: {},
    ratios: [],
    async tables() {
      installPeers()
      await compare(environment, findings, options)
      return [tableOf(findings)]
    },
  }
}

/** All in turn, round after round, and then each under kills. What fails is told in its finding, and the others go on. */
async function compare(
  environment: Environment,
  findings: Map<string, Finding>,
  { rounds, seconds }: Options,
): Promise<void> {
  const each = async (work: (peer: string, finding: Finding) => Promise<void>) => {
    for (const [peer, finding] of findings) {
      if (finding.failure === undefined)
        await work(peer, finding).catch((error: Error) => (finding.failure = error.message.split('\n', 1)[0]!))
      await environment.reset()
    }
  }
  for (let round = 1; round <= rounds; round++)
    await each(async (peer, { paces }) => {
      await environment.checkpoint()
      paces.push(await measurePace(environment, peer, seconds))
      console.log(`  ${round}/${rounds}  ${peer.padEnd(24)}  ${rounded(paces.at(-1)!.ordersPerS)} orders/s`)
    })
  await each(async (peer, finding) => {
    finding.counts = await killUnderLoad(environment, peer, easyRate(medianOf(finding)))
    console.log(`  killed ${peer}: ${JSON.stringify(finding.counts)}`)
  })
}

const medianOf = ({ paces }: Finding) => spreadOf(paces.map(({ ordersPerS }) => ordersPerS)).median

function tableOf(findings: Map<string, Finding>): Table {
  return {
    title: 'Pace, and what kill -9 does',
    columns: [
      '',
      'settings',
      'orders/s',
      'ms to fourth effect',
      'orders placed under kills',
      `not done ${PATIENCE_S} s after`,
      'effects doubled',
    ],
    rows: [...findings].map(([peer, finding]) => [PEERS[peer]!.title, PEERS[peer]!.settings, ...cellsOf(finding)]),
    note: NOTE,
  }
}

function cellsOf({ paces, counts, failure }: Finding): (string | number)[] {
  if (failure !== undefined || !counts) return [`failed: ${failure}`, '–', '–', '–', '–']
  const { median, min, max } = spreadOf(paces.map(({ ordersPerS }) => ordersPerS))
  const orderMs = spreadOf(paces.map((pace) => pace.orderMs)).median
  const placed = `${rounded(counts.placed)} at ${rounded(easyRate(median))}/s`
  return [`${rounded(median)} (${rounded(min)}–${rounded(max)})`, orderMs, placed, counts.notDone, counts.doubled]
}

const METHOD =
  'A small order flow: an order is committed, three reactions write an effect each, and a fourth one when all three have ' +
  'answered. One process places orders, 16 at once, one works with all reactions, and a relay runs where the way needs one. The ' +
  'pace counts from the first order to the last fourth effect; the time to the fourth effect is that of the median order at half ' +
  'the pace, 200 a second at most. Then, on a fresh database and with orders coming in at the same rate, each process (and no ' +
  `service) is killed with SIGKILL ${KILLS} times, in turn, 0.3 to 0.9 s after the last one worked again. An order counts as ` +
  `placed when it is stored or its customer was answered. ${PATIENCE_S} s after the last kill it is counted what is missing and ` +
  'what is there twice.'

const NOTE =
  'Each way in the configuration that does this best as far as we know. Publish after commit and BullMQ write to PostgreSQL and ' +
  'then to the broker: killed in between, the order is stored and nobody reacts to it, ever; and what commits its effect and notes ' +
  "in a second write that it is done does it again. DBOS notes it in the effect's own transaction, as its documentation asks of " +
  'database writes. Default configurations and four more ways were measured once: [measured-once.md](measured-once.md).'
