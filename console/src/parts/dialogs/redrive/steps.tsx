import { Modal } from '@mantine/core'
import { useQueryClient } from '@tanstack/react-query'
import { useState, type ReactNode } from 'react'
import { Course } from './course.tsx'

export interface Begun {
  actionId: string
}

export interface Begin {
  onBegun: (action: Begun) => void
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
  const [actionId, setActionId] = useState<string>()
  const queries = useQueryClient()
  const close = () => {
    onClose()
    void queries.invalidateQueries()
  }
  return (
    <Modal opened onClose={close} title={title} size="lg" centered>
      {actionId === undefined ? (
        children({ onBegun: (begun) => setActionId(begun.actionId), onClose: close })
      ) : (
        <Course actionId={actionId} onClose={close} />
      )}
    </Modal>
  )
}
