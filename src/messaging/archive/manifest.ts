import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { z } from 'zod'
import { ArchiveRefused } from './refused.ts'

const position = z
  .string()
  .regex(/^\d+$/)
  .transform((text) => BigInt(text))

const Manifest = z.strictObject({
  format: z.literal('fanfare-archive-1'),
  /** That of the partition. */
  name: z.string().regex(/^[a-z0-9_]+$/),
  /** Its range of event ids: from the least, null where it has no lower end, to the first beyond. */
  from: z.guid().nullable(),
  to: z.guid(),
  firstPosition: position.nullable(),
  lastPosition: position.nullable(),
  /** gzip of lines of JSON: events as CloudEvents, the other tables as their rows. */
  files: z.record(
    z.enum(['events', 'handled_events', 'deliveries', 'delivery_history']),
    z.strictObject({ file: z.string().regex(/^[a-z_]+\.ndjson\.gz$/), rows: z.int(), sha256: z.string() }),
  ),
})
/** What an archive holds, and the checksums of its files. */
export type Manifest = z.infer<typeof Manifest>
/** The tables of which an archive has rows. */
export type ArchivedTable = keyof Manifest['files']

const FILE = 'manifest.json'

export const manifestIn = (folder: string) => path.join(folder, FILE)

export const manifestText = (manifest: Manifest) =>
  `${JSON.stringify(manifest, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value), 2)}\n`

/** @throws ArchiveRefused when the folder is no archive */
export async function readManifest(folder: string): Promise<Manifest> {
  const text = await readFile(manifestIn(folder), 'utf8').catch((cause: Error) => {
    throw new ArchiveRefused(`${folder} is no archive: ${cause.message}`, { cause })
  })
  try {
    return Manifest.parse(JSON.parse(text))
  } catch (cause) {
    throw new ArchiveRefused(`${manifestIn(folder)} is not the manifest of an archive: ${(cause as Error).message}`, {
      cause,
    })
  }
}
