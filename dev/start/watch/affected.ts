/** A process as it was planned: its name, and the reactions or folders that it runs if it is a worker. */
export interface Planned {
  name: string
  reactions?: readonly string[]
}

/** Folders of sources that one kind of process loads, or none. */
const ONLY: readonly (readonly [folder: string, loadedBy: (planned: Planned) => boolean])[] = [
  ['src/api/', ({ name }) => name === 'api'],
  ['src/jobs/', ({ name }) => name === 'scheduler'],
  ['src/messaging/relay/', ({ name }) => name === 'relay'],
  ['src/messaging/reactions/', ({ reactions }) => reactions !== undefined],
  ...['src/cli/', 'src/audit/', 'src/testing/', 'src/generated/'].map((folder) => [folder, () => false] as const),
]

/** The names of the processes that may have loaded one of these files. */
export function affectedBy(files: readonly string[], processes: readonly Planned[]): string[] {
  return processes.flatMap((planned) => (files.some((file) => isLoadedBy(file, planned)) ? [planned.name] : []))
}

function isLoadedBy(file: string, planned: Planned): boolean {
  const [top, folder] = file.split('/')
  if (top === 'workers') return (planned.reactions ?? []).some((name) => name.split('.')[0] === folder)
  const only = ONLY.find(([of]) => file.startsWith(of))
  return only ? only[1](planned) : true
}
