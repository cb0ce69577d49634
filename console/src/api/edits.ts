import { keepPreviousData, useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import type { CheckedEdit, Edit, EditDraft } from '../../../src/admin/contract/index.ts'
import { ask } from './ask.ts'

interface Letter {
  reaction: string
  id: string
}

const at = ({ reaction, id }: Letter, word: string) =>
  `/v1/admin/dead-letters/${encodeURIComponent(reaction)}/letters/${id}/${word}`

/** The data of a dead letter, as they may be edited. */
export const useDraft = (letter: Letter) =>
  useQuery({ queryKey: ['draft', letter.reaction, letter.id], queryFn: () => ask<EditDraft>(at(letter, 'draft')) })

/** What the server says of edited data, without keeping them. Nothing is asked while they are no JSON. */
export const useEditCheck = (letter: Letter, data: unknown) =>
  useQuery({
    queryKey: ['edit-check', letter.reaction, letter.id, data],
    queryFn: ({ signal }) => ask<CheckedEdit>(at(letter, 'check-edit'), { method: 'POST', body: { data }, signal }),
    enabled: data !== undefined,
    placeholderData: keepPreviousData,
    gcTime: 0,
  })

export const useEdit = (letter: Letter) => useLetterChange<Edit>(letter, 'edit')
export const useUndoEdit = (letter: Letter) => useLetterChange<{ reason: string }>(letter, 'undo-edit')

function useLetterChange<Body>(letter: Letter, word: string) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Body) => ask<{ actionId: string }>(at(letter, word), { method: 'POST', body }),
    onSuccess: () => queries.invalidateQueries(),
  })
}
