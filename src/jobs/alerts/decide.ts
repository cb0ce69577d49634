/** Something that somebody has to know of. */
export interface Alert {
  /** Stable while it is the same trouble: `dead-letters notification.email-customer`. */
  key: string
  sentence: string
  since: Date
  /** Where it stands what to do. */
  runbook: string
}

/** What one look has found. */
export interface Findings {
  alerts: Alert[]
  /** Keys of what nobody knows at this moment: it is neither there nor gone. */
  unknown: string[]
}

/** An alert that was told, as it is remembered. */
export interface Told {
  key: string
  sentence: string
  since: Date
  toldAt: Date
  /** Since when it is not there any more. */
  goneAt: Date | null
}

export interface Decision {
  /** New, or still there after a long time. */
  open: Alert[]
  over: Told[]
  /** What is to be remembered once that was told. */
  remember: Told[]
  forget: string[]
}

/** Milliseconds after which what is still there is told again, and for which it must be gone to be told as over. */
const AGAIN_MS = 4 * 3_600_000
const GONE_MS = 2 * 60_000

/**
 * What is to be told now. Each trouble is told once, again every four hours while it lasts, and once when it has been over for two
 * minutes; what comes and goes faster stays one trouble. What is unknown stays as it was told, and its two minutes begin anew.
 */
export function decide({ alerts: found, unknown }: Findings, told: readonly Told[], now: Date): Decision {
  const known = new Map(told.map((one) => [one.key, one]))
  const isDue = ({ key }: Alert) => {
    const toldAt = known.get(key)?.toldAt
    return toldAt === undefined || now.getTime() - toldAt.getTime() >= AGAIN_MS
  }
  const open = found.filter(isDue)
  const isOpen = new Set(open.map(({ key }) => key))
  const isFound = new Set(found.map(({ key }) => key))
  const isUnknown = new Set(unknown)
  const gone = told.filter(({ key }) => !isFound.has(key) && !isUnknown.has(key))
  const over = gone.filter(({ goneAt }) => goneAt !== null && now.getTime() - goneAt.getTime() >= GONE_MS)
  return {
    open,
    over,
    remember: [
      ...found.map(({ key, sentence, since }) => {
        const before = known.get(key)
        const toldAt = isOpen.has(key) ? now : before!.toldAt
        return { key, sentence, since: before?.since ?? since, toldAt, goneAt: null }
      }),
      ...gone.filter(({ goneAt }) => goneAt === null).map((one) => ({ ...one, goneAt: now })),
      ...told.filter(({ key }) => isUnknown.has(key)).map((one) => ({ ...one, goneAt: null })),
    ],
    forget: over.map(({ key }) => key),
  }
}
