declare module '@20minutes/s3rver' {
  import type { AddressInfo } from 'node:net'

  /** As far as the tests use it. */
  export default class S3rver {
    constructor(options: {
      port: number
      address: string
      directory: string
      silent: boolean
      configureBuckets: { name: string }[]
    })
    run(): Promise<AddressInfo>
    close(): Promise<void>
  }
}
