import { Modal } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { Course } from './course.tsx'

export interface Begun {
  actionId: string
}

export interface Begin {
  /** @param letters that are delivered again in the end */
  onBegun: (action: Begun, letters: number) => void
  onClose: () => void
}

interface Given {
  title: string
  onClose: () => void
  /** What is asked before it begins. */
  children: (begin: Begin) => ReactNode
}

/** First what is asked, then how it goes. */
export function Steps({ title, onClose, children }: Given) {
  const [begun, setBegun] = useState<{ actionId: string; letters: number }>()
  const queries = useQueryClient()
  const close = () => {
    onClose()
    void queries.invalidateQueries()
  }
  return (
    <Modal opened onClose={close} title={title} size="lg" centered>
      {begun === undefined ? (
        children({ onBegun: ({ actionId }, letters) => setBegun({ actionId, letters }), onClose: close })
      ) : (
        <Course {...begun} onClose={close} />
      )}
    </Modal>
  )
}
