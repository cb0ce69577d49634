import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { ask } from './ask.ts'

interface Money {
  amount: number
  currency: string
}

export interface Pieces {
  sku: string
  quantity: number
}

/** What an order is over and where each piece is, as `GET /v1/orders/{id}` tells it. */
export interface Goods {
  number?: string
  paymentStatus: string
  fulfillmentStatus: string
  total: Money
  currentTotal: Money
  lines: (Pieces & { name: string; cancelled: number; shipped: number; returned: number })[]
  shipments: { carrier: string; trackingNumber: string; status: string; lines: Pieces[] }[]
  returns?: { id: string; amount: Money; lines: (Pieces & { restocked: boolean })[] }[]
}

/** Asked again with each event of the order: nothing else changes it. */
export const useGoods = (id: string, version: number | undefined) =>
  useQuery({
    queryKey: ['goods', id, version],
    queryFn: () => ask<Goods>(`/v1/orders/${id}`),
    enabled: version !== undefined,
    placeholderData: keepPreviousData,
  })
