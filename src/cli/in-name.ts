import { userInfo } from 'node:os'
import type { Command } from 'commander'

/** Who does it, and why, as the record of operators has it. */
export interface Signature {
  as: string
  reason?: string
}

export const signed = (command: Command): Command =>
  command
    .option('--reason <text>', 'why, for the record of operators')
    .option('--as <name>', 'who you are, in that record (default: the name of your account)', '')

export const inName = ({ as, reason }: Signature) => ({ operator: operatorOf(as), reason })

export const operatorOf = (name = '') => name || userInfo().username
