import { createContext, useContext, useState, type ReactNode } from 'react'
import type { Failure } from '../../../../src/admin/contract/index.ts'
import { ChangeDialog } from './change-dialog.tsx'
import { RecoveryDialog } from './redrive/recovery-dialog.tsx'
import { RedriveDialog } from './redrive/redrive-dialog.tsx'

export type Repair = NonNullable<Failure['repair']>

const RepairContext = createContext<(repair: Repair) => void>(() => {})

/** Opens the dialog of a repair. */
export const useRepair = () => useContext(RepairContext)

/** The dialog stands above the pages: what it repairs disappears from them before it is read to its end. */
export function RepairDialogs({ children }: { children: ReactNode }) {
  const [repair, setRepair] = useState<Repair>()
  const close = () => setRepair(undefined)
  return (
    <RepairContext value={setRepair}>
      {children}
      {repair && <Dialog repair={repair} onClose={close} />}
    </RepairContext>
  )
}

function Dialog({ repair, onClose }: { repair: Repair; onClose: () => void }) {
  if (repair.action === 'redrive-recovered') return <RecoveryDialog left={repair} onClose={onClose} />
  const { action, reaction, group, deliveryId } = repair
  if (action === 'resume') return <ChangeDialog reaction={reaction} word={action} onClose={onClose} />
  const selection = group === null ? { ids: [deliveryId!] } : { group }
  if (action === 'redrive') return <RedriveDialog reaction={reaction} selection={selection} onClose={onClose} />
  return <ChangeDialog reaction={reaction} selection={selection} word={action} onClose={onClose} />
}
