import { say } from '../../src/cli/terminal/output.ts'
import { styled } from '../../src/cli/terminal/style.ts'

const LOOK_MS = 1_000
/** Nobody looks at a silent terminal for longer without doubt. */
const LONGEST_SILENCE_MS = 4_000

/** Tells what has been done, one line for each step, with the seconds since the beginning; and what is waited for. */
export class Steps {
  readonly #began = performance.now()
  readonly #pending = new Set<string>()
  readonly #timer: NodeJS.Timeout
  #spokenAt = performance.now()

  constructor() {
    this.#timer = setInterval(() => this.#breakSilence(), LOOK_MS)
    this.#timer.unref()
  }

  get seconds(): string {
    return ((performance.now() - this.#began) / 1_000).toFixed(1)
  }

  /** From now on these are waited for. */
  begin(...names: string[]): void {
    for (const name of names) this.#pending.add(name)
  }

  done(name: string, sentence: string): void {
    this.finish(name)
    this.tell(sentence)
  }

  /** Not waited for any more; worth no line of its own. */
  finish(name: string): void {
    this.#pending.delete(name)
  }

  tell(sentence: string): void {
    this.#spokenAt = performance.now()
    say(`${styled('dim', `${this.seconds.padStart(6)} s`)}  ${sentence}`)
  }

  end(): void {
    clearInterval(this.#timer)
  }

  #breakSilence(): void {
    if (this.#pending.size === 0 || performance.now() - this.#spokenAt < LONGEST_SILENCE_MS) return
    const [first = '', second, ...more] = this.#pending
    const others = more.length > 0 ? `, ${second} and ${more.length} more` : second ? ` and ${second}` : ''
    this.tell(styled('dim', `waiting for ${first}${others}`))
  }
}
