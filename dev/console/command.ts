// npm run build:console: the files that the API serves under /console, for an image. npm start builds its own.
import path from 'node:path'
import { commandLine, parse } from '../command-line.ts'
import { PROJECT } from '../project.ts'
import { bundle } from './build.ts'
import { sizesOf } from './sizes.ts'

/** @returns the exit code */
export function buildConsoleCommand(args: string[]): Promise<number> {
  const program = commandLine('npm run build:console --', 'Builds the console into console/dist.')
    .option('--sizes', 'says what a browser is sent')
    .action(build)
  return parse(program, args)
}

async function build({ sizes }: { sizes?: true }): Promise<void> {
  const folder = path.join(PROJECT, 'console/dist')
  await bundle(folder)
  console.log('The console is in console/dist.')
  if (sizes) console.log(sizesOf(folder))
}
