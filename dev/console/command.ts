// npm run build:console: the files that the API serves under /console, for an image. npm start builds its own.
import path from 'node:path'
import { PROJECT, SetupError } from '../project.ts'
import { bundle } from './build.ts'

/** @returns the exit code */
export async function buildConsoleCommand(args: string[]): Promise<number> {
  if (args.length > 0)
    throw new SetupError(`npm run build:console takes no arguments, and was given ${args.join(' ')}.`)
  await bundle(path.join(PROJECT, 'console/dist'))
  console.log('The console is in console/dist.')
  return 0
}
