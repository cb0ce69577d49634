import { keepPreviousData, useQuery } from '@tanstack/react-query'
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
  ReplayPlanView,
  ScheduleList,
} from '../../../src/admin/contract/index.ts'
import { admin, ask, isWorthRepeating, ofLetters, ofReaction, post } from './ask.ts'

export interface Session {
  client: string
  actor: string
}

/** Asked again until it is known who is there, or that nobody is. */
export const useSession = () =>
  useQuery({
    queryKey: ['session'],
    queryFn: () => ask<Session>(admin('session')),
    retry: false,
    staleTime: 60_000,
    refetchInterval: ({ state: { error } }) => (error !== null && isWorthRepeating(0, error) ? 3_000 : false),
  })

/** Live messages renew it; it is asked for only where they do not come. */
export const useOverview = () =>
  useQuery({ queryKey: ['overview'], queryFn: () => ask<Overview>(admin('overview')), refetchInterval: 15_000 })

export const useReactions = () =>
  useQuery({ queryKey: ['reactions'], queryFn: () => ask<ReactionList>(admin('reactions')), refetchInterval: 3_000 })

export const useProjections = () =>
  useQuery({
    queryKey: ['projections'],
    queryFn: () => ask<ProjectionList>(admin('projections')),
    refetchInterval: 3_000,
  })

export const useSchedules = () =>
  useQuery({ queryKey: ['schedules'], queryFn: () => ask<ScheduleList>(admin('schedules')), refetchInterval: 5_000 })

export const useFlow = () =>
  useQuery({ queryKey: ['flow'], queryFn: () => ask<Flow>(admin('flow')), staleTime: Number.POSITIVE_INFINITY })

export const useActions = () =>
  useQuery({
    queryKey: ['actions'],
    queryFn: () => ask<ActionList>(admin('actions?limit=100')),
    refetchInterval: 5_000,
  })

/** Asked every two seconds while one runs. */
export const useAudit = () =>
  useQuery({
    queryKey: ['audit'],
    queryFn: () => ask<AuditView>(admin('audit')),
    refetchInterval: ({ state }) => (state.data?.running ? 2_000 : 30_000),
  })

export const useReplayPlan = (reaction: string, from: string) =>
  useQuery({
    queryKey: ['replay-plan', reaction, from],
    queryFn: () => post<ReplayPlanView>(`${ofReaction(reaction)}/plan-replay`, from === '' ? {} : { from }),
    placeholderData: keepPreviousData,
    gcTime: 0,
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

export const useSearch = (words: string) =>
  useQuery({
    queryKey: ['search', words],
    queryFn: ({ signal }) => ask<FoundOrders>(admin(`orders?q=${encodeURIComponent(words)}`), { signal }),
    placeholderData: keepPreviousData,
  })

export const useLatestOrders = () =>
  useQuery({ queryKey: ['search'], queryFn: () => ask<FoundOrders>(admin('orders')), refetchInterval: 3_000 })

/** While something goes on it is asked again every second. */
export const useOrder = (id: string) =>
  useQuery({
    queryKey: ['order', id],
    queryFn: () => ask<OrderPage>(admin(`orders/${id}`)),
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
    queryFn: () => ask<DeadLetterSummary>(admin('dead-letters')),
    refetchInterval: 3_000,
  })

export const useGroups = (reaction: string | undefined) =>
  useQuery({
    queryKey: ['dead-letters', reaction],
    queryFn: () => ask<GroupList>(`${ofLetters(reaction!)}/groups`),
    enabled: reaction !== undefined,
    refetchInterval: 3_000,
  })

export const useLetters = (reaction: string, group: string) =>
  useQuery({
    queryKey: ['dead-letters', reaction, group],
    queryFn: () => ask<LetterList>(`${ofLetters(reaction)}/letters?group=${group}&limit=50`),
    refetchInterval: 5_000,
  })

export const useLetter = (reaction: string, id: string | undefined) =>
  useQuery({
    queryKey: ['letter', reaction, id],
    queryFn: () => ask<LetterView>(`${ofLetters(reaction)}/letters/${id}`),
    enabled: id !== undefined,
  })

export interface Selection {
  ids?: string[]
  group?: string
}

export const usePlan = (reaction: string, selection: Selection) =>
  useQuery({
    queryKey: ['plan', reaction, selection],
    queryFn: () => post<Plan>(`${ofLetters(reaction)}/plan`, selection),
    gcTime: 0,
  })

/** How a redrive goes on, until it ends. */
export const useAction = (id: string | undefined) =>
  useQuery({
    queryKey: ['action', id],
    queryFn: () => ask<ActionView>(admin(`actions/${id}`)),
    enabled: id !== undefined,
    refetchInterval: ({ state }) => (state.data?.finishedAt ? false : 500),
  })
