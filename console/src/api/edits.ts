import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { CheckedEdit, EditDraft } from '../../../src/admin/contract/index.ts'
import { ask, ofLetters, post } from './ask.ts'

interface Letter {
  reaction: string
  id: string
}

export const ofLetter = ({ reaction, id }: Letter) => `${ofLetters(reaction)}/letters/${id}`

/** The data of a dead letter, as they may be edited. */
export const useDraft = (letter: Letter) =>
  useQuery({
    queryKey: ['draft', letter.reaction, letter.id],
    queryFn: () => ask<EditDraft>(`${ofLetter(letter)}/draft`),
  })

/** What the server says of edited data, without keeping them. Nothing is asked while they are no JSON. */
export const useEditCheck = (letter: Letter, data: unknown) =>
  useQuery({
    queryKey: ['edit-check', letter.reaction, letter.id, data],
    queryFn: ({ signal }) => post<CheckedEdit>(`${ofLetter(letter)}/check-edit`, { data }, signal),
    enabled: data !== undefined,
    placeholderData: keepPreviousData,
    gcTime: 0,
  })
