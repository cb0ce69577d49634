import { setTimeout as sleep } from 'node:timers/promises'
import { hanging } from './hanging.ts'
import { say } from './output.ts'
import { styled } from './style.ts'

interface Reaction {
  reaction: string
  state: string
  /** What it has failed of, or what it waits for. */
  error: string | null
  deliveryId: string | null
  dueAt: string | Date | null
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
  const took = durationMs === null ? '' : styled('dim', `  ${lasting(durationMs)}`)
  return [
    ...history.map(({ what, attempt, error, afterMs: at }, index) => {
      const mark = what === 'dead' ? styled('red', '†') : styled('yellow', what === 'failed' ? '✗' : '↻')
      const words = attempt > 0 ? `, attempt ${attempt}: ${error}` : `, ${what}`
      return line(`#${index}`, at, mark, words)
    }),
    ...(state === 'handled' ? [line('', afterMs, styled('green', '✓'), took)] : []),
  ]
}

const moment = (afterMs: number | null) => (afterMs === null ? '' : lasting(Math.round(afterMs))).padStart(10)

/** Milliseconds as long as they can be told apart: `0.4 ms`, `961 ms`, `6659 ms`, `29.5 s`, `2.1 min`. */
function lasting(ms: number): string {
  if (ms < 10_000) return `${Number(ms.toFixed(ms < 100 ? 1 : 0))} ms`
  return ms < 120_000 ? `${(ms / 1_000).toFixed(1)} s` : `${(ms / 60_000).toFixed(1)} min`
}

const OPEN_MARKS: Readonly<Record<string, string>> = { dead: '†', retrying: '↻', blocked: '‖', held: '=' }

/** What has not come to an end, each with the event it is about, and when it is tried again or how it is looked at. */
export function openLines({ events }: Story, call: (words: string) => string): string[] {
  return events.flatMap(({ type, reactions }) =>
    reactions.flatMap(({ reaction, state, deliveryId, dueAt, error }) => {
      if (state === 'handled') return []
      const mark = styled(state === 'dead' ? 'red' : 'yellow', OPEN_MARKS[state] ?? '…')
      const due = state === 'retrying' && dueAt ? `, due at ${new Date(dueAt).toISOString().slice(11, 19)} UTC` : ''
      const why = error === null ? '' : `: ${error}`
      const what = `${mark} ${reaction}${styled('dim', ` ← ${type}`)}: ${state}${due}${why}`
      const told = hanging(' '.repeat(14) + what, INDENT)
      const look = deliveryId === null ? [] : [call(`dead-letters show ${reaction} --id ${deliveryId}`)]
      return [told, ...look.map((line) => styled('dim', `${' '.repeat(INDENT)}${line}`))]
    }),
  )
}

/** One sentence at the end. */
export function ending({ status, events }: Story): string {
  const reactions = events.flatMap((event) => event.reactions)
  const times = [...events, ...reactions].map(({ afterMs }) => afterMs ?? 0)
  const handled = reactions.filter(({ state }) => state === 'handled').length
  return `The order is ${status}: ${events.length} events and ${handled} reactions in ${lasting(Math.max(...times))}.`
}
