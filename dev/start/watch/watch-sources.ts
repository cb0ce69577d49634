import { readdirSync, watch, type Dirent, type FSWatcher } from 'node:fs'
import path from 'node:path'
import { PROJECT } from '../../project.ts'

const FOLDERS = ['src', 'workers']
/** A burst of changes, such as a switch of branches, is told once. */
const QUIET_MS = 200

/**
 * Tells which sources have changed, as paths from the project; of a folder that is gone, its own.
 *
 * It watches each folder and no file. Most editors and git replace a file; who watches files, as `node --watch` and a recursive
 * watch do on Linux, goes on watching the old one and hears nothing more.
 * @returns ends it
 */
export function watchSources(onChange: (files: string[]) => void, root = PROJECT): () => void {
  const changes = collect(onChange)
  const watchers = new Map<string, FSWatcher>()
  const watchFolder = (folder: string, isNew: boolean) => {
    const entries = entriesOf(path.join(root, folder))
    watchers.get(folder)?.close()
    const wasThere = watchers.delete(folder)
    if (!entries) return wasThere ? changes.note(folder) : undefined
    watchers.set(
      folder,
      watch(path.join(root, folder), (_, name) => name && note(`${folder}/${name}`)),
    )
    for (const entry of entries) {
      if (entry.isDirectory()) watchFolder(`${folder}/${entry.name}`, isNew)
      else if (isNew) note(`${folder}/${entry.name}`)
    }
  }
  const note = (changed: string) => {
    if (changed.endsWith('.ts')) changes.note(changed)
    else watchFolder(changed, !watchers.has(changed)) // a new one, one that is gone, or no folder at all
  }
  for (const folder of FOLDERS) watchFolder(folder, false)
  return () => {
    changes.end()
    for (const watcher of watchers.values()) watcher.close()
  }
}

/** Undefined where there is no folder. */
function entriesOf(folder: string): Dirent[] | undefined {
  try {
    return readdirSync(folder, { withFileTypes: true })
  } catch {
    return undefined
  }
}

function collect(onChange: (files: string[]) => void) {
  const changed = new Set<string>()
  let timer: NodeJS.Timeout | undefined
  const tell = () => {
    onChange([...changed].toSorted())
    changed.clear()
  }
  return {
    note(file: string) {
      if (file.endsWith('.test.ts')) return
      changed.add(file)
      clearTimeout(timer)
      timer = setTimeout(tell, QUIET_MS)
    },
    end: () => clearTimeout(timer),
  }
}
