import { deadline } from '#testing'

/** Asks for an order until it is told: a busy machine may answer 503, which says nothing of the order. */
export const tellOf = (ask: () => Promise<{ status: number; text: string }>): Promise<string> =>
  deadline('an order to be told', async () => {
    const { status, text } = await ask()
    if (status !== 200 && status !== 503) throw new Error(`${status}: ${text}`)
    return status === 200 && text
  })

/** What the API has said of orders, by the version that it named: the bytes of each answer. */
export class Recorder {
  private readonly said = new Map<string, Map<number, string>>()

  /** @throws when the same version of an order was told otherwise before */
  record(body: string): void {
    const { id, version } = JSON.parse(body) as { id: string; version: number }
    const versions = this.said.get(id) ?? new Map<number, string>()
    this.said.set(id, versions.set(version, versions.get(version) ?? body))
    if (versions.get(version) !== body)
      throw new Error(`Version ${version} of ${id} was told in two ways:\n${versions.get(version)}\n${body}`)
  }

  get answers(): number {
    return [...this.said.values()].reduce((sum, versions) => sum + versions.size, 0)
  }

  /** Asks for every version that was told, and for the time of each. @returns what is not as it was told */
  async compare(ask: (id: string, at: string) => Promise<string>): Promise<string[]> {
    const differences: string[] = []
    const check = async (id: string, at: string, told: string) => {
      const answer = await ask(id, at)
      if (answer !== told) differences.push(`${id} at ${at} was ${told} and is ${answer}`)
    }
    for (const [id, versions] of this.said) {
      for (const [version, told] of versions) await check(id, String(version), told)
      const byTime = new Map([...versions.values()].map((told) => [updatedAt(told), told]))
      for (const [time, told] of byTime) if (isLastOf(versions, told)) await check(id, time, told)
    }
    return differences
  }
}

const updatedAt = (told: string) => (JSON.parse(told) as { updatedAt: string }).updatedAt

/** Of versions at one millisecond, a time shows the last; it need not be among those that were told. */
function isLastOf(versions: ReadonlyMap<number, string>, told: string): boolean {
  const { version } = JSON.parse(told) as { version: number }
  const next = versions.get(version + 1)
  return next !== undefined && updatedAt(next) > updatedAt(told)
}
