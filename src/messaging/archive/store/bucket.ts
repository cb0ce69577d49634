import type { S3Client } from '@aws-sdk/client-s3'
import type { Readable } from 'node:stream'
import type { Store } from './store.ts'

/** Bytes of one part of an upload: S3 allows 10,000 of them, so a file may have 160 GB. */
const PART_BYTES = 16 * 1024 * 1024

/**
 * Objects of a bucket under a prefix. Where the store is, and who we are there, the AWS SDK reads from its own variables
 * (AWS_ENDPOINT_URL_S3, AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY) and files. It is loaded only here.
 * @param place `s3://<bucket>/<prefix>`
 */
export function bucketStore(place: string): Store {
  const { hostname: bucket, pathname } = new URL(place)
  const folders = pathname.split('/').filter((folder) => folder !== '')
  const of = (name: string) => ({ Bucket: bucket, Key: [...folders, name].join('/') })
  return {
    put: (name, bytes) =>
      withClient(async (client) => {
        const { Upload } = await import('@aws-sdk/lib-storage')
        const upload = new Upload({ client, params: { ...of(name), Body: bytes }, partSize: PART_BYTES, queueSize: 2 })
        await upload.done().catch((error: Error) => {
          const cause = bytes.errored ?? error // rather than that a store cannot take back what it has got of it
          bytes.destroy(cause)
          throw cause
        })
      }),
    async get(name) {
      const { GetObjectCommand } = await import('@aws-sdk/client-s3')
      const client = await openClient()
      const { Body } = await client.send(new GetObjectCommand(of(name)))
      const bytes = Body as Readable
      bytes.once('close', () => client.destroy())
      return bytes
    },
    remove: (name) =>
      withClient(async (client) => {
        const { DeleteObjectCommand } = await import('@aws-sdk/client-s3')
        await client.send(new DeleteObjectCommand(of(name)))
      }),
  }
}

async function withClient(work: (client: S3Client) => Promise<void>): Promise<void> {
  const client = await openClient()
  await work(client).finally(() => client.destroy())
}

async function openClient(): Promise<S3Client> {
  const { S3Client } = await import('@aws-sdk/client-s3')
  return new S3Client({
    forcePathStyle: true, // a bucket has no host name of its own at most other makers of such stores
    requestChecksumCalculation: 'WHEN_REQUIRED', // nor do all know checksums behind the body; ours are in the manifest
    responseChecksumValidation: 'WHEN_REQUIRED',
  })
}
