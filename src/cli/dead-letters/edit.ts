import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline/promises'
import {
  checkSelector,
  commitEdit,
  draftEdit,
  planEdit,
  Refused,
  undoEdit,
  UnreadableEvent,
  withValue,
  type DeadLetterContext,
  type Difference,
  type EditDraft,
  type PlannedEdit,
  type Reaction,
} from '#messaging'
import type { Database } from '#platform/database'
import { withDatabase } from '../connect.ts'
import { host } from '../host.ts'
import { loadReaction } from '../reactions.ts'
import { confirm, counted, EXIT, isTerminal, say, sayJson, warn } from '../terminal/output.ts'
import { edit } from './editor.ts'
import { next } from './next.ts'
import { asOperator } from './open.ts'
import { report, send } from './redrive.ts'

interface EditFlags {
  json?: boolean
  file?: string
  set: string[]
  send: boolean
  undo?: boolean
  personal?: boolean
  reason?: string
  yes?: boolean
  as: string
}

export async function editCommand(id: string, flags: EditFlags): Promise<number> {
  const name = await withDatabase((db) => reactionOf(db, id))
  return asOperator(flags.as, name, async (context) => {
    if (flags.undo) return undo(context, name, id, flags)
    const reaction = await loadReaction(name)
    const repair = await planned(await draftEdit(context, reaction, id, flags), reaction, flags)
    const { changes } = repair
    if (!flags.json) say(describeChanges(changes))
    await confirm(`Let ${name} handle the event as it is now?`, flags)
    await commitEdit(context, repair, flags.reason)
    if (!flags.json) say(`${id} is edited.`)
    if (!flags.send) {
      if (flags.json) sayJson({ id, changes })
      else next(`redrive ${name} --id ${id}`)
      return EXIT.ok
    }
    const result = await send(context, name, { ids: [id] }, { ...flags, wait: 10_000 })
    if (!flags.json) return report(name, result, flags)
    sayJson({ id, changes, redrive: result })
    return result.outcome === 'done' && result.deadAgain === 0 ? EXIT.ok : EXIT.failed
  })
}

async function undo(context: DeadLetterContext, reaction: string, id: string, flags: EditFlags): Promise<number> {
  await confirm(`Have ${id} as the event store has it, without its edit?`, flags)
  const { actionId } = await undoEdit(context, { reaction, id, reason: flags.reason })
  if (flags.json) sayJson({ id, actionId })
  else say(`${id} is the event again as it is stored.`)
  return EXIT.ok
}

async function reactionOf(db: Database, id: string): Promise<string> {
  checkSelector({ ids: [id] })
  const row = await db.delivery.findUnique({ where: { id }, select: { reaction: true } })
  if (!row) throw new Refused(`There is no dead letter ${id}; groups and show print their ids.`)
  return row.reaction
}

async function planned(draft: EditDraft, reaction: Reaction, { file, set }: EditFlags): Promise<PlannedEdit> {
  if (file !== undefined) return planEdit(draft, read(file), reaction)
  if (set.length > 0) return planEdit(draft, JSON.stringify(set.reduce(applySetting, draft.event.data)), reaction)
  if (!isTerminal()) throw new Refused('There is no terminal for an editor here: use --file or --set.')
  return inEditor(draft, reaction)
}

function read(file: string): string {
  try {
    return readFileSync(file === '-' ? 0 : file, 'utf8')
  } catch (cause) {
    throw new Refused(`The file ${file} cannot be read: ${(cause as Error).message}.`, { cause })
  }
}

/** `/pointer=value`; the value is JSON where it is, and text otherwise. */
function applySetting(document: unknown, setting: string): unknown {
  const [, pointer, text] = /^([^=]*)=(.*)$/s.exec(setting) ?? []
  if (pointer === undefined || text === undefined)
    throw new Refused(`--set ${setting} is not of the form /customer/email=ada@example.com.`)
  try {
    return withValue(document, pointer, jsonOr(text))
  } catch (error) {
    throw new Refused((error as Error).message, { cause: error })
  }
}

function jsonOr(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

/** Opens the payload until it fits its event type, or the operator gives up. */
async function inEditor(draft: EditDraft, reaction: Reaction): Promise<PlannedEdit> {
  const folder = mkdtempSync(path.join(tmpdir(), 'dead-letter-'))
  const file = path.join(folder, 'data.json')
  writeFileSync(file, draft.text, { mode: 0o600 })
  try {
    for (;;) {
      edit(file, host().env)
      try {
        return planEdit(draft, readFileSync(file, 'utf8'), reaction)
      } catch (error) {
        if (!(error instanceof UnreadableEvent)) throw error
        warn(error.message)
        await expectAnotherTry()
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function expectAnotherTry() {
  const terminal = createInterface({ input: process.stdin, output: process.stdout })
  const answer = await terminal.question('Edit again? [Y/n] ')
  terminal.close()
  if (/^n/i.test(answer.trim())) throw new Refused('Nothing was changed.')
}

const describeChanges = (changes: readonly Difference[]) =>
  [`${counted(changes.length, 'change')}:`, ...changes.flatMap(changeLines)].join('\n')

function changeLines(change: Difference): string[] {
  const place = change.pointer || '(all of it)'
  const line = (sign: string, value: unknown) => `  ${sign} ${place}: ${JSON.stringify(value)}`
  return [
    ...('before' in change ? [line('-', change.before)] : []),
    ...('after' in change ? [line('+', change.after)] : []),
  ]
}
