import { PassThrough } from 'node:stream'
import type { Request, Response } from 'express'
import { inTime } from '#platform/process/in-time'
import { readJson } from './read-body.ts'

it('ends for whoever left before his body was read', async () => {
  const headers = { 'content-type': 'application/json', 'content-length': '2' }
  const request = Object.assign(new PassThrough(), { headers }).destroy() as unknown as Request
  const reading = readJson(request, {} as Response)
  await expect(inTime(reading, 1_000)).rejects.toMatchObject({ type: 'request.aborted' })
})
