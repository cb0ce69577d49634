import { hostname } from 'node:os'

/** Names this process in the tables that tell who does something. */
export const instanceOf = (command: string) => `${command}@${hostname()}:${process.pid}`
