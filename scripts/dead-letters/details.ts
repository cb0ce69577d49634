import type { DeadLetterDetails, StoryEvent } from '#messaging'
import { ago, counted } from './output.ts'

/** A dead letter as text for a person. */
export function describe(details: DeadLetterDetails): string {
  return [
    heading(details),
    section('Ledger', [ledgerSentence(details)]),
    section('Error', [`${details.errorName}: ${details.errorMessage}`, ...stackLines(details)]),
    section('Attempts', details.attemptsMade.map(attemptLine)),
    details.line.length > 1
      ? section(
          'Line',
          details.line.map((relative) => lineOf(relative, details.id)),
        )
      : '',
    section(
      'Headers',
      Object.entries(details.headers as object).map(([name, value]) => `${name}: ${JSON.stringify(value)}`),
    ),
    section('Message', bodyLines(details)),
    section(
      'Story of its order',
      details.story.flatMap((event) => storyLines(event, details)),
    ),
  ]
    .filter((part) => part !== '')
    .join('\n\n')
}

function heading(details: DeadLetterDetails): string {
  const { id, reaction, status, reason, eventType, eventId, stream, streamVersion, failedAt, attempts, open } = details
  return [
    `Dead letter ${id} of ${reaction}: ${status}`,
    `  event     ${eventType ?? 'unknown'} ${eventId ?? ''}`,
    `  stream    ${stream === null ? 'unknown' : `${stream}, version ${streamVersion}`}`,
    `  died      ${failedAt.toISOString()} (${ago(failedAt)}), ${reason}, after ${counted(attempts, 'attempt')}`,
    `  by        ${details.instance}, from exchange '${details.exchange}'`,
    `  one of    ${counted(open, 'open dead letter')} of this reaction`,
  ].join('\n')
}

function ledgerSentence({ ledger }: DeadLetterDetails): string {
  switch (ledger.kind) {
    case 'already handled':
      return `already handled: ${ledger.handledAt.toISOString()} at attempt ${ledger.attempt} by ${ledger.instance}. A redrive only resolves it.`
    case 'closed by an operator':
      return `closed by ${ledger.instance} at ${ledger.handledAt.toISOString()}: this event is not handled any more.`
    case 'not handled':
      return 'not handled: nothing that this reaction does for the event has happened.'
    case 'unknown event':
      return 'unknown: the message could not be read far enough to know its event.'
  }
}

const section = (title: string, lines: readonly string[]) =>
  lines.length === 0 ? '' : [title, ...lines.map((line) => `  ${line}`)].join('\n')

const stackLines = ({ stack }: DeadLetterDetails) => stack?.split('\n').filter((line) => /^\s+at /.test(line)) ?? []

const attemptLine = ({ attempt, failedAt, error, instance }: DeadLetterDetails['attemptsMade'][number]) =>
  `${attempt}  ${failedAt.toISOString()}  ${error.split('\n')[0]}  (${instance})`

const lineOf = ({ id, status, failedAt, error }: DeadLetterDetails['line'][number], self: string) =>
  `${id === self ? '→' : ' '} ${id}  ${status.padEnd(9)}  ${failedAt.toISOString()}  ${error.split('\n')[0]}`

const LONGEST_BODY = 20_000

function bodyLines({ json, body }: DeadLetterDetails): string[] {
  const text = json === undefined ? body : JSON.stringify(json, null, 2)
  const rest = text.length - LONGEST_BODY
  return [
    ...text.slice(0, LONGEST_BODY).split('\n'),
    ...(rest > 0 ? [`… ${rest} more characters; --json has all`] : []),
  ]
}

function storyLines({ id, type, streamVersion, time, reactions }: StoryEvent, letter: DeadLetterDetails) {
  const marks = { handled: '✓', dead: '†', retrying: '↻', waiting: '…', blocked: '‖' } as Record<string, string>
  return [
    `${time.toISOString()}  ${type} (${streamVersion})${id === letter.eventId ? '  ← this event' : ''}`,
    ...reactions.map(
      ({ reaction, state }) =>
        `    ${marks[state] ?? '·'} ${reaction}: ${state}${id === letter.eventId && reaction === letter.reaction ? '  ← this reaction' : ''}`,
    ),
  ]
}
