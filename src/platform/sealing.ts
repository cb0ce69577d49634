import type { Database, Transaction } from './database.ts'
import { open, personIn, seal, SealBroken } from './sealing/cipher.ts'
import { heldKeysOf, keysFor, keysOf, subjectOf, type Keys } from './sealing/keys.ts'
import { restore, withhold, type Marks } from './sealing/parts.ts'

export { SealBroken } from './sealing/cipher.ts'
export { expectMasterKeys } from './sealing/expect-master-keys.ts'
export { destroyKey, markSwept, unsweptPersons, type Forgetting } from './sealing/forgotten.ts'
export { makeKeysAfter, personOf, REMEMBERED_MS, subjectOf } from './sealing/keys.ts'
export { holdReadModels, stillKnown, sweepReadModels } from './sealing/read-models.ts'
export { rewrapKeys } from './sealing/rewrap.ts'
export { blindIndex, derivedSecret } from './sealing/master-key.ts'
export { textsOf, withhold, type Marks } from './sealing/parts.ts'

type Document = Readonly<Record<string, unknown>>

/** A document before it is sealed. */
export interface Personal {
  readonly document: Document
  readonly marks: Marks
  /** The e-mail address of whom the marked members belong to. */
  readonly email: string
  /** What the document belongs to, such as a stream: the personal part opens nowhere else. */
  readonly boundTo: string
}

/** A document as it may lie anywhere: in tables, queues, archives and backups. */
export interface Sealed {
  /** With something in place of what is personal. */
  readonly shown: Document
  readonly person: string
  /** The personal part. Once its person is forgotten, nobody can open it. */
  readonly sealed: string
}

/** Seals documents, each under the key of its person. Whoever is new gets a key, which commits with the transaction. */
export async function sealAll(tx: Transaction, documents: readonly Personal[]): Promise<Sealed[]> {
  const subjects = documents.map(({ email }) => subjectOf(email))
  const keys = await keysFor(tx, new Set(subjects))
  return documents.map(({ document, marks, boundTo }, index) => {
    const key = keys.get(subjects[index]!)!
    const { shown, personal } = withhold(document, marks)
    return { shown, person: key.person, sealed: seal(key, boundTo, personal) }
  })
}

/**
 * Seals a document under the key of a person who is known, such as one whose address was corrected.
 * @throws SealBroken when the person was forgotten
 */
export async function sealAs(
  db: Database | Transaction,
  person: string,
  { document, marks, boundTo }: Omit<Personal, 'email'>,
): Promise<Sealed> {
  const key = (await keysOf(db, new Set([person]))).get(person)
  if (key instanceof SealBroken) throw key
  if (!key) throw new SealBroken(`The person ${person} was forgotten: nothing of theirs is kept any more.`)
  const { shown, personal } = withhold(document, marks)
  return { shown, person, sealed: seal(key, boundTo, personal) }
}

/** A document after its personal part was opened. */
export interface Opened {
  /** As it was; of a person who was forgotten it stays as everybody sees it. */
  readonly document: Document
  readonly person: string
  /** The personal part alone; null when its person was forgotten. */
  readonly personal: Document | null
}

type Openable = Pick<Sealed, 'shown' | 'sealed'> & Pick<Personal, 'boundTo'>

/** Opens documents, in the same order. What cannot be opened is answered with its reason. */
export const openAll = (db: Database | Transaction, documents: readonly Openable[]): Promise<(Opened | SealBroken)[]> =>
  openWith(documents, (persons) => keysOf(db, persons))

/**
 * The same for who decides on them: nobody whose data are opened can be forgotten before the transaction ends, so what is stored
 * of them in it stays theirs.
 */
export const openHeld = (tx: Transaction, documents: readonly Openable[]): Promise<(Opened | SealBroken)[]> =>
  openWith(documents, (persons) => heldKeysOf(tx, persons))

async function openWith(documents: readonly Openable[], read: (persons: ReadonlySet<string>) => Promise<Keys>) {
  if (documents.length === 0) return []
  const persons = documents.map(({ sealed }) => broken(() => personIn(sealed)))
  const keys = await read(new Set(persons.filter((person) => typeof person === 'string')))
  return documents.map(({ shown, sealed, boundTo }, index): Opened | SealBroken => {
    const person = persons[index]!
    if (person instanceof SealBroken) return person
    const key = keys.get(person)
    if (key instanceof SealBroken) return key
    if (key === null) return { document: shown, person, personal: null }
    if (key === undefined)
      return new SealBroken(`The key of the person ${person} is in neither table of this database.`)
    return broken(() => {
      const personal = open(key.key, boundTo, sealed) as Document
      return { document: restore(shown, personal), person, personal }
    })
  })
}

function broken<T>(run: () => T): T | SealBroken {
  try {
    return run()
  } catch (error) {
    if (error instanceof SealBroken) return error
    throw error
  }
}
