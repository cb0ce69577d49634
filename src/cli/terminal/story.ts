import { setTimeout as sleep } from 'node:timers/promises'
import { hanging } from './hanging.ts'
import { say } from './output.ts'
import { styled } from './style.ts'

interface Reaction {
  reaction: string
  state: string
  /** What it has failed of, or what it waits for. */
  error: string | null
  afterMs: number | null
  durationMs: number | null
  history: { what: string; attempt: number; afterMs: number; error: string | null }[]
}

/** What is drawn of the story of an order; GET /v1/orders/{id}/story answers with more. */
export interface Story {
  status: string
  settled: boolean
  events: { id: string; type: string; afterMs: number; reactions: Reaction[] }[]
}

const POLL_MS = 40

/** Tells a story while it happens, line by line. @returns the story when it is settled; undefined when it is not in time */
export async function followStory<S extends Story>(
  read: () => Promise<S>,
  patienceMs: number,
  signal?: AbortSignal,
): Promise<S | undefined> {
  const told = new Set<string>()
  const end = Date.now() + patienceMs
  while (Date.now() < end && !signal?.aborted) {
    const story = await read()
    for (const { key, text } of linesOf(story)) {
      if (!told.has(key)) sayLine(text)
      told.add(key)
    }
    if (story.settled && story.events.length > 0) return story
    await sleep(POLL_MS)
  }
  return undefined
}

/** Where the name of a reaction stands. */
const INDENT = 16
export const sayLine = (text: string) => say(hanging(text, INDENT))

interface Line {
  /** What makes it the same line when the story is read again. */
  key: string
  atMs: number
  text: string
}

/** What has happened so far, line by line, by the clock. */
export function linesOf({ events }: Story): Line[] {
  const lines = events.flatMap(({ id, type, afterMs, reactions }) => [
    { key: id, atMs: afterMs, text: `${moment(afterMs)}  ${styled('bold', type)}` },
    ...reactions.flatMap((reaction) =>
      reactionLines(reaction, type, afterMs).map((line) => ({ ...line, key: id + line.key })),
    ),
  ])
  return lines.toSorted((a, b) => a.atMs - b.atMs)
}

/** @param type what it reacts to */
function reactionLines(told: Reaction, type: string, since: number): Line[] {
  const { reaction, state, afterMs, durationMs, history } = told
  const line = (key: string, atMs: number | null, mark: string, words: string) => ({
    key: reaction + key,
    atMs: atMs ?? since,
    text: `${moment(atMs)}    ${mark} ${reaction}${styled('dim', ` ← ${type}`)}${words}`,
  })
  const took = durationMs === null ? '' : styled('dim', `  ${durationMs.toFixed(1)} ms`)
  return [
    ...history.map(({ what, attempt, error, afterMs: at }, index) => {
      const mark = what === 'dead' ? styled('red', '†') : styled('yellow', what === 'failed' ? '✗' : '↻')
      const words = attempt > 0 ? `, attempt ${attempt}: ${error}` : `, ${what}`
      return line(`#${index}`, at, mark, words)
    }),
    ...(state === 'handled' ? [line('', afterMs, styled('green', '✓'), took)] : []),
  ]
}

function moment(afterMs: number | null): string {
  if (afterMs === null) return ' '.repeat(10)
  return afterMs < 100_000 ? `${String(Math.round(afterMs)).padStart(7)} ms` : `${minutes(afterMs).padStart(10)}`
}

const minutes = (ms: number) => `${(ms / 60_000).toFixed(1)} min`

/** What has not come to an end yet, each with the event it is about. */
export function openLines({ events }: Story): string[] {
  return events.flatMap(({ type, reactions }) =>
    reactions.flatMap(({ reaction, state, error }) =>
      state === 'handled'
        ? []
        : [
            `${' '.repeat(14)}${styled('yellow', '…')} ${reaction}: ${state}, ${type}${error === null ? '' : `: ${error}`}`,
          ],
    ),
  )
}

/** One sentence at the end. */
export function ending({ status, events }: Story): string {
  const reactions = events.flatMap((event) => event.reactions)
  const times = [...events, ...reactions].map(({ afterMs }) => afterMs ?? 0)
  const last = Math.max(...times)
  const took = last < 100_000 ? `${last} ms` : minutes(last)
  return `The order is ${status}: ${events.length} events and ${reactions.length} reactions in ${took}.`
}
