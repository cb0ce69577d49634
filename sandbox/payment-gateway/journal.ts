import { mkdir, open, readFile, truncate } from 'node:fs/promises'
import path from 'node:path'

/** An append-only file of JSON lines. */
export interface Journal {
  /** Resolves when the line has been handed to the operating system: it survives the death of this process. */
  append(entry: object): Promise<void>
  close(): Promise<void>
}

/** Keeps nothing. */
export const noJournal: Journal = { append: () => Promise.resolve(), close: () => Promise.resolve() }

/**
 * Opens `file` and hands every entry in it to `replay`. A last line that a kill has torn was never answered for: it is
 * cut off. A broken line anywhere else is an error.
 */
export async function openJournal(file: string, replay: (entry: never) => void): Promise<Journal> {
  await mkdir(path.dirname(file), { recursive: true })
  const content = await readFile(file).catch(() => Buffer.alloc(0))
  const complete = content.lastIndexOf(0x0a) + 1
  if (complete < content.length) await truncate(file, complete)
  const lines = content.subarray(0, complete).toString().split('\n').slice(0, -1)
  for (const [index, line] of lines.entries()) replay(parse(line, `${file}:${index + 1}`) as never)
  return appendTo(file)
}

function parse(line: string, where: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new Error(`${where} is not JSON: the journal was changed by hand`, { cause })
  }
}

/** Lines that arrive while a write is under way go out together in the next one. */
async function appendTo(file: string): Promise<Journal> {
  const handle = await open(file, 'a')
  let waiting: string[] = []
  let written: Promise<void> = Promise.resolve()
  let next: Promise<void> | undefined
  const flush = async () => {
    next = undefined
    const lines = waiting
    waiting = []
    await handle.appendFile(lines.join(''))
  }
  return {
    append(entry) {
      waiting.push(`${JSON.stringify(entry)}\n`)
      return (next ??= written = written.then(flush))
    },
    async close() {
      await written.catch(() => {})
      await handle.close()
    },
  }
}
