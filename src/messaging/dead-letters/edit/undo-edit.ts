import { Prisma } from '#prisma'
import { change } from '../change.ts'
import { Refused, type DeadLetterContext } from '../operator-context.ts'
import { asAction } from '../operator-actions.ts'
import { checkId, DEAD, HANDLED } from '../selector.ts'

/**
 * Takes back every edit of a dead letter that was not sent yet: it is the event again as it is stored.
 * @throws Refused when it is not dead, was not edited, or its event was handled meanwhile
 */
export async function undoEdit(
  context: DeadLetterContext,
  { reaction, id, reason }: { reaction: string; id: string; reason?: string | undefined },
): Promise<{ actionId: string }> {
  checkId(id)
  const action = { action: 'undo-edit' as const, reaction, selector: { ids: [id] }, reason }
  return asAction(context, action, async (mark) => {
    const undone = {
      reaction,
      where: Prisma.sql`d.id = ${id}::uuid AND d.reaction = ${reaction} AND ${DEAD} AND d.edited_at IS NOT NULL
        AND NOT ${HANDLED}`,
      set: Prisma.sql`body = NULL, content_type = NULL, edited_at = NULL, action_id = ${mark.actionId}::uuid`,
      what: 'edit undone' as const,
    }
    const { changed } = await change(context.db, undone, mark)
    if (changed === 0) throw new Refused(`${reaction} has no dead letter ${id} that is edited and not handled.`)
    return { outcome: 'done' as const, changed }
  })
}
