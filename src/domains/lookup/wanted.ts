import { Prisma } from '#prisma'

/** Which of the orders that are found. */
export interface Wanted {
  /** The id of the client whose orders they are; undefined: of every client. */
  owner: string | undefined
  /** Only orders before this one. */
  cursor?: string | undefined
  limit: number
}

/**
 * A condition on rows `found`: their orders belong to this client. The table of orders knows that alone; events do not say it,
 * and what was projected before there were clients has to be found as well.
 */
export const ownedBy = (owner: string | undefined) =>
  owner === undefined
    ? Prisma.empty
    : Prisma.sql`AND EXISTS (SELECT FROM orders AS own WHERE own.id = found.order_id AND own.client_id = ${owner}::uuid)`
