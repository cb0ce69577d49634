import { keepPreviousData, useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { ask } from './ask.ts'

/** As `/v1/admin/webhooks` tells it. */
export interface Endpoint {
  id: string
  client: string
  url: string
  description: string
  eventTypes: string[]
  ordered: boolean
  enabled: boolean
  disabledBecause: 'asked' | 'gone' | 'failing' | null
  failingSince: string | null
  lastError: string | null
  lastDeliveredAt: string | null
  waiting: number
}

export interface Delivery {
  eventId: string
  eventType: string
  orderId: string
  state: 'waiting' | 'delivered' | 'given-up'
  attempts: number
  dueAt: string | null
  createdAt: string
  endedAt: string | null
}

export interface Attempt {
  at: string
  durationMs: number
  status: number | null
  answer: string | null
  error: string | null
}

export const useEndpoints = () =>
  useQuery({
    queryKey: ['webhooks'],
    queryFn: () => ask<{ webhooks: Endpoint[] }>('/v1/admin/webhooks?which=all'),
    refetchInterval: 5_000,
  })

/** The newest first, in pages. */
export const useDeliveries = (id: string, state: string | null) =>
  useInfiniteQuery({
    queryKey: ['webhooks', id, state],
    queryFn: ({ pageParam: cursor }) => {
      const given = { limit: '20', ...(state !== null && { state }), ...(cursor !== null && { cursor }) }
      return ask<{ deliveries: Delivery[]; next: string | null }>(
        `/v1/webhooks/${id}/deliveries?${new URLSearchParams(given)}`,
      )
    },
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    refetchInterval: 3_000,
    placeholderData: keepPreviousData,
  })

export const useDelivery = (id: string, eventId: string) =>
  useQuery({
    queryKey: ['webhooks', id, 'of', eventId],
    queryFn: () => ask<Delivery & { log: Attempt[] }>(`/v1/webhooks/${id}/deliveries/${eventId}`),
    refetchInterval: 3_000,
  })
