/** What was asked for is not done, and nothing was changed: the message says why and what to do. */
export class ArchiveRefused extends Error {
  override name = 'ArchiveRefused'
}
