import { recordAction, type ChangeOfAccess } from '#messaging'
import type { Database, Transaction } from '#platform/database'
import { createClient, findClient, type Client } from './clients.ts'
import {
  issueKey,
  revokeKey,
  revokeKeysOf,
  rotateKey,
  type IssuedKey,
  type KeyTerms,
  type RotatedKey,
} from './issue.ts'

/** Who changes something, and why, for the record of operators. */
export interface InName {
  operator: string
  reason?: string | undefined
}

interface Done<Result> {
  result: Result
  of: { client: string; key?: string }
  told?: object
}

/** Changes of clients and keys, each with its row in `operator_actions`, which nobody can change any more. Keys are not in it. */
export function changeAccess(db: Database, { operator, reason }: InName) {
  const record = <Result>(action: ChangeOfAccess, change: (tx: Transaction) => Promise<Done<Result>>) =>
    db.$transaction(async (tx) => {
      const { result, of, told = {} } = await change(tx)
      await recordAction(tx, { operator, reason, action, selector: of, result: told })
      return result
    })
  return {
    createClient: (name: string): Promise<Client> =>
      record('create-client', async (tx) => ({ result: await createClient(tx, name), of: { client: name } })),
    issueKey: (client: string, terms: KeyTerms, id?: string): Promise<IssuedKey> =>
      record('issue-key', async (tx) => {
        const key = await issueKey(tx, await findClient(tx, client), terms, id)
        return { result: key, of: { client, key: key.id }, told: termsOf(key) }
      }),
    rotateKey: (label: string, overlapMs: number, id?: string): Promise<RotatedKey> =>
      record('rotate-key', async (tx) => {
        const key = await rotateKey(tx, label, overlapMs, id)
        return { result: key, of: { client: key.client, key: key.follows }, told: { followedBy: key.id, overlapMs } }
      }),
    revokeKey: (label: string): Promise<{ client: string }> =>
      record('revoke-key', async (tx) => {
        const { id: key, client } = await revokeKey(tx, label)
        return { result: { client }, of: { client, key } }
      }),
    revokeKeysOf: (client: string): Promise<number> =>
      record('revoke-key', async (tx) => {
        const revoked = await revokeKeysOf(tx, await findClient(tx, client))
        return { result: revoked, of: { client }, told: { revoked } }
      }),
  }
}

const termsOf = ({ scopes, test, expiresAt }: IssuedKey) => ({ scopes, test, expiresAt })
