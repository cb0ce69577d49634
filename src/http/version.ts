import { Problem } from './problem.ts'

/** The entity tag (RFC 9110) of something whose changes are counted. */
export const etagOf = (version: number): string => `"${version}"`

/** For the OpenAPI document of a change that takes them. */
export const VERSION_HEADERS = [
  { name: 'If-Match', description: 'The `ETag` that was read: the change is refused when somebody else was faster' },
  { name: 'If-None-Match', description: '`*`: the change is refused when it is there already' },
]

/**
 * Whether a change may be made to what is at this version now, by the request's If-Match and If-None-Match.
 * @param version 0 for what is not there yet
 * @throws Problem 412
 */
export function expectVersion(header: (name: string) => string | undefined, version: number): void {
  const [match, none] = [header('if-match'), header('if-none-match')]
  if (match !== undefined && !covers(match, version))
    throw changed(version === 0 ? 'It is not there.' : `It is at version ${version}, and If-Match names ${match}.`)
  if (none !== undefined && covers(none, version)) throw changed(`It is there already, at version ${version}.`)
}

/** The same of one of many lines, which names the number. */
export const changedMeanwhile = (version: number, read: number): Problem =>
  changed(version === 0 ? 'It is not there.' : `It is at version ${version}, and the line names ${read}.`)

const covers = (tags: string, version: number): boolean =>
  version > 0 && tags.split(',').some((tag) => tag.trim() === '*' || tag.trim() === etagOf(version))

const changed = (why: string) =>
  new Problem(412, 'changed-meanwhile', `${why.slice(0, 300)} Read it again before you change it.`)
