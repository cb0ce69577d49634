import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { createInterface } from 'node:readline/promises'
import {
  commitEdit,
  draftEdit,
  planEdit,
  Refused,
  UnreadableEvent,
  withValue,
  type DeadLetterContext,
  type Difference,
  type EditDraft,
  type PlannedEdit,
  type Reaction,
} from '#messaging'
import { loadReaction, withContext } from './open.ts'
import { confirm, counted, EXIT, isTerminal, next, say, sayJson, warn } from './output.ts'
import { report, send } from './redrive.ts'

interface EditFlags {
  json?: boolean
  file?: string
  set: string[]
  send: boolean
  reason?: string
  yes?: boolean
  as: string
}

export async function editCommand(id: string, flags: EditFlags): Promise<number> {
  return withContext(flags.as, async (context) => {
    const reaction = await loadReaction(await reactionOf(context, id))
    const draft = await draftEdit(context, reaction, id)
    const edit = await planned(draft, reaction, flags)
    if (!flags.json) say(describeChanges(edit.changes))
    await confirm(`Send this to ${reaction.name} in place of the original?`, flags)
    const { copyId, eventId } = await commitEdit(context, edit, flags.reason)
    if (!flags.json) say(`Dead letter ${id} is edited; the copy is ${copyId}, its event ${eventId}.`)
    if (!flags.send) return unsent(reaction.name, { id, copyId, eventId, changes: edit.changes }, flags)
    const result = await send(context, reaction.name, { ids: [copyId] }, { ...flags, wait: 10_000 })
    if (!flags.json) return report(reaction.name, result, flags)
    sayJson({ id, copyId, eventId, changes: edit.changes, redrive: result })
    return result.outcome === 'done' && result.deadAgain === 0 ? EXIT.ok : EXIT.failed
  })
}

async function reactionOf({ db }: DeadLetterContext, id: string): Promise<string> {
  const isId = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(id)
  const row = isId ? await db.deadLetter.findUnique({ where: { id }, select: { reaction: true } }) : null
  if (!row) throw new Refused(`There is no dead letter ${id}; groups and show print their ids.`)
  return row.reaction
}

async function planned(draft: EditDraft, reaction: Reaction, { file, set }: EditFlags): Promise<PlannedEdit> {
  if (file !== undefined) return planEdit(draft, readFileSync(file === '-' ? 0 : file, 'utf8'), reaction)
  if (set.length > 0) return planEdit(draft, JSON.stringify(set.reduce(applySetting, documentOf(draft))), reaction)
  if (!isTerminal()) throw new Refused('There is no terminal for an editor here: use --file or --set.')
  return inEditor(draft, reaction)
}

function documentOf({ text }: EditDraft): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new Refused('The message is not JSON, so --set has no place to go to: use --file or an editor.')
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
  const file = path.join(folder, `${draft.part}.json`)
  writeFileSync(file, draft.text, { mode: 0o600 })
  try {
    for (;;) {
      openEditor(file)
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

function openEditor(file: string) {
  const [command = 'vi', ...args] = (process.env['VISUAL'] || process.env['EDITOR'] || 'vi').split(' ')
  const { error, status } = spawnSync(command, [...args, file], { stdio: 'inherit' })
  if (error) throw new Refused(`The editor ${command} cannot be started (${error.message}): set EDITOR.`)
  if (status !== 0) throw new Refused(`The editor ended with ${status}; nothing was changed.`)
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
  const place = change.pointer || '(the whole message)'
  const line = (sign: string, value: unknown) => `  ${sign} ${place}: ${JSON.stringify(value)}`
  return [
    ...('before' in change ? [line('-', change.before)] : []),
    ...('after' in change ? [line('+', change.after)] : []),
  ]
}

function unsent<Result extends { copyId: string }>(reaction: string, result: Result, { json }: EditFlags): number {
  if (json) sayJson(result)
  else next(`redrive ${reaction} --id ${result.copyId}`)
  return EXIT.ok
}
