import { text } from 'node:stream/consumers'
import { z } from 'zod'
import { ArchiveRefused } from './refused.ts'
import { placeIn, storeAt } from './store/places.ts'

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

/** The file that it is. */
export const MANIFEST = 'manifest.json'

export const manifestText = (manifest: Manifest) =>
  `${JSON.stringify(manifest, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value), 2)}\n`

/** @throws ArchiveRefused when no archive lies there */
export async function readManifest(place: string): Promise<Manifest> {
  const read = async () => text(await storeAt(place).get(MANIFEST))
  const json = await read().catch((cause: Error) => {
    throw new ArchiveRefused(`${place} is no archive: ${cause.message}`, { cause })
  })
  try {
    return Manifest.parse(JSON.parse(json))
  } catch (cause) {
    const file = placeIn(place, MANIFEST)
    throw new ArchiveRefused(`${file} is not the manifest of an archive: ${(cause as Error).message}`, { cause })
  }
}
