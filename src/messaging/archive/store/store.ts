import type { Readable } from 'node:stream'

/** Where files lie for years: a folder, or what stands in for one in a bucket of an S3-compatible store. */
export interface Store {
  /** Stores a file in place of an older one of that name: as a whole or not at all, and for good when it answers. */
  put(name: string, bytes: Readable): Promise<void>
  /** @throws when it is not there */
  get(name: string): Promise<Readable>
  /** One that is not there is gone already. */
  remove(name: string): Promise<void>
}
