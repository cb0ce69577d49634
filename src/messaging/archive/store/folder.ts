import { randomUUID } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { Store } from './store.ts'

/**
 * Files in a folder, which is made when something is stored in it. Each is written beside its place and then renamed, under a name of its
 * own: a process that was frozen, taken for dead and goes on can neither write into a file of its successor nor leave a half one.
 */
export function folderStore(folder: string): Store {
  const at = (name: string) => path.join(folder, name)
  return {
    async put(name, bytes) {
      await mkdir(folder, { recursive: true })
      await removeDrafts(folder, name)
      const draft = at(`${name}.${randomUUID()}${DRAFT}`)
      await pipeline(bytes, createWriteStream(draft, { flush: true }))
      await rename(draft, at(name))
      for (const one of [folder, path.dirname(path.resolve(folder))]) await syncFolder(one)
    },
    get: async (name) => (await open(at(name))).createReadStream(),
    remove: (name) => rm(at(name), { force: true }),
  }
}

const DRAFT = '.part'

/** Those that were left behind: whoever still writes one finds it gone, and fails. */
async function removeDrafts(folder: string, name: string) {
  for (const file of await readdir(folder))
    if (file.startsWith(`${name}.`) && file.endsWith(DRAFT)) await rm(path.join(folder, file), { force: true })
}

/** A file is found after a crash only when its folder has been written as well. */
async function syncFolder(folder: string) {
  const handle = await open(folder, 'r')
  await handle.sync().finally(() => handle.close())
}
