import path from 'node:path'
import { z } from 'zod'
import { defineSettings } from '../settings.ts'

const settings = defineSettings({
  /** Another domain's folder of reactions, from the root of this project. @default 'workers' */
  WORKERS: z.string().default('workers'),
})

/** The folder whose files are the reactions. */
export const WORKERS = path.resolve(import.meta.dirname, '../../..', settings().WORKERS)
