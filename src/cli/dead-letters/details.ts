import type { DeliveryDetails, StoryEvent } from '#messaging'
import { hanging } from '../terminal/hanging.ts'
import { ago, counted } from '../terminal/output.ts'

interface ToldDelivery extends DeliveryDetails {
  /** Of its order: every event and what each reaction did with it. Empty when the conversation is unknown. */
  story: readonly StoryEvent[]
}

/** A delivery as text for a person. */
export function describe(details: ToldDelivery): string {
  const headers = Object.entries((details.headers ?? {}) as object)
  return [
    heading(details),
    section('Standing', [standing(details)]),
    section(
      'Error',
      details.errorName ? [`${details.errorName}: ${details.errorMessage}`, ...stackLines(details)] : [],
    ),
    section('History', details.history.map(historyLine)),
    section(
      'Headers',
      headers.map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
    ),
    section(details.editedAt ? 'Message, as edited' : 'Message', bodyLines(details), asItIs),
    section(
      'Story of its order',
      details.story.flatMap((event) => storyLines(event, details)),
    ),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function heading(details: DeliveryDetails): string {
  const { id, reaction, state, reason, eventType, eventId, stream, streamVersion, failedAt, dueAt, dead } = details
  return [
    `Delivery ${id} of ${reaction}: ${state}`,
    `  event     ${eventType ?? 'unknown'} ${eventId ?? ''}`,
    `  stream    ${stream === null ? 'unknown' : `${stream}, version ${streamVersion}`}`,
    `  why       ${reason}, after ${counted(details.attempts, 'attempt')}`,
    ...(failedAt ? [`  failed    ${failedAt.toISOString()} (${ago(failedAt)}) in ${details.instance}`] : []),
    ...(dueAt && !details.claimedBy ? [`  due       ${dueAt.toISOString()}`] : []),
    ...(details.claimedBy ? [`  in hand   of ${details.claimedBy}`] : []),
    `  in all    ${counted(dead, 'dead letter')} of this reaction`,
  ]
    .map((line) => hanging(line, 12))
    .join('\n')
}

function standing({ standing: is, state }: DeliveryDetails): string {
  switch (is.kind) {
    case 'handled':
      return `handled: ${is.handledAt.toISOString()} at attempt ${is.attempt} by ${is.instance}.${state === 'dead' ? ' A redrive only resolves it.' : ''}`
    case 'not handled':
      return 'not handled: nothing that this reaction does for the event has happened.'
    case 'not in store':
      return 'not in the event store: it cannot be delivered, only discarded.'
  }
}

const section = (
  title: string,
  lines: readonly string[],
  told = (line: string) => hanging(line, line.search(/\S/) + 4),
) => (lines.length === 0 ? '' : [title, ...lines.map((line) => told(`  ${line}`))].join('\n'))

/** The message can be copied out of the terminal: no line of it is broken. */
const asItIs = (line: string) => line

const stackLines = ({ stack }: DeliveryDetails) => stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? []

function historyLine({ at, what, attempt, error, by, dueAt }: DeliveryDetails['history'][number]): string {
  const told = attempt > 0 ? `${what}, attempt ${attempt}` : what
  const next = dueAt && attempt > 0 ? `, again at ${dueAt.toISOString()}` : ''
  return `${at.toISOString()}  ${told}${error ? `: ${error.split('\n')[0]}` : ''}${next}  (${by})`
}

const LONGEST_BODY = 20_000

function bodyLines({ json, body }: DeliveryDetails): string[] {
  const text = json === undefined ? body : JSON.stringify(json, null, 2)
  const rest = text.length - LONGEST_BODY
  return [
    ...text.slice(0, LONGEST_BODY).split('\n'),
    ...(rest > 0 ? [`… ${rest} more characters; --json has all`] : []),
  ]
}

const MARKS: Record<string, string> = { handled: '✓', dead: '†', retrying: '↻', waiting: '…', blocked: '‖', held: '=' }

function storyLines({ id, type, streamVersion, time, reactions }: StoryEvent, delivery: DeliveryDetails) {
  return [
    `${time.toISOString()}  ${type} (${streamVersion})${id === delivery.eventId ? '  ← this event' : ''}`,
    ...reactions.map(
      ({ reaction, state }) =>
        `    ${MARKS[state] ?? '·'} ${reaction}: ${state}${id === delivery.eventId && reaction === delivery.reaction ? '  ← this reaction' : ''}`,
    ),
  ]
}
