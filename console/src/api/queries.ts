import { useMutation, useQuery, useQueryClient, keepPreviousData } from '@tanstack/react-query'
import type {
  ActionList,
  ActionView,
  AuditView,
  DeadLetterSummary,
  Flow,
  FoundOrders,
  GroupList,
  LetterList,
  LetterView,
  OrderPage,
  Overview,
  Plan,
  ProjectionList,
  ReactionList,
  Redrive,
  RedriveRecovered,
  Replay,
  ReplayPlanView,
  ScheduleList,
} from '../../../src/admin/contract/index.ts'
import { ask } from './ask.ts'

export interface Session {
  client: string
  actor: string
}

const at = (path: string) => `/v1/admin/${path}`
const letters = (reaction: string) => at(`dead-letters/${encodeURIComponent(reaction)}`)

export const useSession = () =>
  useQuery({ queryKey: ['session'], queryFn: () => ask<Session>(at('session')), retry: false, staleTime: 60_000 })

/** Live messages renew it; it is asked for only where they do not come. */
export const useOverview = () =>
  useQuery({ queryKey: ['overview'], queryFn: () => ask<Overview>(at('overview')), refetchInterval: 15_000 })

export const useReactions = () =>
  useQuery({ queryKey: ['reactions'], queryFn: () => ask<ReactionList>(at('reactions')), refetchInterval: 3_000 })

export const useProjections = () =>
  useQuery({ queryKey: ['projections'], queryFn: () => ask<ProjectionList>(at('projections')), refetchInterval: 3_000 })

export const useSchedules = () =>
  useQuery({ queryKey: ['schedules'], queryFn: () => ask<ScheduleList>(at('schedules')), refetchInterval: 5_000 })

export const useFlow = () =>
  useQuery({ queryKey: ['flow'], queryFn: () => ask<Flow>(at('flow')), staleTime: Number.POSITIVE_INFINITY })

export const useActions = () =>
  useQuery({ queryKey: ['actions'], queryFn: () => ask<ActionList>(at('actions?limit=100')), refetchInterval: 5_000 })

/** Asked every two seconds while one runs. */
export const useAudit = () =>
  useQuery({
    queryKey: ['audit'],
    queryFn: () => ask<AuditView>(at('audit')),
    refetchInterval: ({ state }) => (state.data?.running ? 2_000 : 30_000),
  })

export function useRunAudit() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: { reason: string }) => ask<{ actionId: string }>(at('audit'), { method: 'POST', body }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['audit'] }),
  })
}

const reactions = (reaction: string) => at(`reactions/${encodeURIComponent(reaction)}`)

export function usePausing(reaction: string, word: 'pause' | 'resume') {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: { reason: string }) =>
      ask<{ actionId: string }>(`${reactions(reaction)}/${word}`, { method: 'POST', body }),
    onSuccess: () => queries.invalidateQueries(),
  })
}

export const useReplayPlan = (reaction: string, from: string) =>
  useQuery({
    queryKey: ['replay-plan', reaction, from],
    queryFn: () =>
      ask<ReplayPlanView>(`${reactions(reaction)}/plan-replay`, { method: 'POST', body: from === '' ? {} : { from } }),
    placeholderData: keepPreviousData,
    gcTime: 0,
  })

export const useReplay = (reaction: string) =>
  useMutation({
    mutationFn: (body: Replay) => ask<{ actionId: string }>(`${reactions(reaction)}/replay`, { method: 'POST', body }),
  })

interface Client {
  name: string
  createdAt: string
  keys: number
}

export interface ApiKey {
  id: string
  client: string
  scopes: string[]
  test: boolean
  createdAt: string
  expiresAt: string | null
  revokedAt: string | null
  lastUsedAt: string | null
}

export const useClients = () =>
  useQuery({ queryKey: ['clients'], queryFn: () => ask<{ clients: Client[] }>('/v1/clients') })

export const useKeys = (client: string) =>
  useQuery({ queryKey: ['keys', client], queryFn: () => ask<{ keys: ApiKey[] }>(`/v1/clients/${client}/keys`) })

/** A change of clients or keys: where it is sent, what with, and why. */
interface KeyChange {
  path: string
  body?: object
  reason: string
}

/** What a new key answers with is shown once, and kept nowhere. */
export function useKeyChange() {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: ({ path, body, reason }: KeyChange) =>
      body === undefined
        ? ask<{ key?: string }>(`${path}?reason=${encodeURIComponent(reason)}`, { method: 'POST' })
        : ask<{ key?: string }>(path, { method: 'POST', body: { ...body, reason } }),
    onSuccess: () =>
      Promise.all(['clients', 'keys', 'actions'].map((key) => queries.invalidateQueries({ queryKey: [key] }))),
    gcTime: 0,
  })
}

export const useSearch = (words: string) =>
  useQuery({
    queryKey: ['search', words],
    queryFn: ({ signal }) => ask<FoundOrders>(at(`orders?q=${encodeURIComponent(words)}`), { signal }),
    enabled: words.length > 1,
    placeholderData: keepPreviousData,
  })

/** While something goes on it is asked again every second. */
export const useOrder = (id: string) =>
  useQuery({
    queryKey: ['order', id],
    queryFn: () => ask<OrderPage>(at(`orders/${id}`)),
    refetchInterval: ({ state }) => (state.data?.standing.finished ? 10_000 : 1_000),
  })

/** What the order was after so many events of its stream. */
export const useOrderAt = (id: string, time: string | undefined) =>
  useQuery({
    queryKey: ['order', id, time],
    queryFn: () => ask<{ status: string; version: number }>(`/v1/orders/${id}?at=${encodeURIComponent(time!)}`),
    enabled: time !== undefined,
    placeholderData: keepPreviousData,
  })

export const useDeadLetters = () =>
  useQuery({
    queryKey: ['dead-letters'],
    queryFn: () => ask<DeadLetterSummary>(at('dead-letters')),
    refetchInterval: 3_000,
  })

export const useGroups = (reaction: string | undefined) =>
  useQuery({
    queryKey: ['dead-letters', reaction],
    queryFn: () => ask<GroupList>(`${letters(reaction!)}/groups`),
    enabled: reaction !== undefined,
    refetchInterval: 3_000,
  })

export const useLetters = (reaction: string, group: string) =>
  useQuery({
    queryKey: ['dead-letters', reaction, group],
    queryFn: () => ask<LetterList>(`${letters(reaction)}/letters?group=${group}&limit=50`),
    refetchInterval: 5_000,
  })

export const useLetter = (reaction: string, id: string | undefined) =>
  useQuery({
    queryKey: ['letter', reaction, id],
    queryFn: () => ask<LetterView>(`${letters(reaction)}/letters/${id}`),
    enabled: id !== undefined,
  })

export interface Selection {
  ids?: string[]
  group?: string
}

export const usePlan = (reaction: string, selection: Selection) =>
  useQuery({
    queryKey: ['plan', reaction, selection],
    queryFn: () => ask<Plan>(`${letters(reaction)}/plan`, { method: 'POST', body: selection }),
    gcTime: 0,
  })

export const useRedrive = (reaction: string) =>
  useMutation({
    mutationFn: (body: Redrive) => ask<{ actionId: string }>(`${letters(reaction)}/redrive`, { method: 'POST', body }),
  })

export const useRedriveRecovered = (dependency: string) =>
  useMutation({
    mutationFn: (body: RedriveRecovered) =>
      ask<{ actionId: string }>(at(`recoveries/${encodeURIComponent(dependency)}/redrive`), { method: 'POST', body }),
  })

/** How a redrive goes on, until it ends. */
export const useAction = (id: string | undefined) =>
  useQuery({
    queryKey: ['action', id],
    queryFn: () => ask<ActionView>(at(`actions/${id}`)),
    enabled: id !== undefined,
    refetchInterval: ({ state }) => (state.data?.finishedAt ? false : 500),
  })

export type ChangeWord = 'discard' | 'restore' | 'retry' | 'hold'

export function useChange(reaction: string, word: ChangeWord) {
  const queries = useQueryClient()
  return useMutation({
    mutationFn: (body: Selection & { reason: string }) =>
      ask<{ actionId: string }>(`${letters(reaction)}/${word}`, { method: 'POST', body }),
    onSuccess: () => queries.invalidateQueries(),
  })
}
