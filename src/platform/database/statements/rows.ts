import { z } from 'zod'
import type { Prisma, PrismaClient } from '#prisma'

/**
 * The columns of a row that a statement answers, by name and as they come: all of them, and no others. Made once, beside the
 * statement: making one costs more than reading a row.
 */
export const row = <Columns extends z.ZodRawShape>(columns: Columns) => z.strictObject(columns)

type RowSchema = z.ZodType<object>
type Reader = Pick<Prisma.TransactionClient | PrismaClient, '$queryRaw'>
type Statement = [statement: TemplateStringsArray | Prisma.Sql, ...values: unknown[]]

let isChecking = false

/**
 * From now on each row is compared with its schema. For tests: a column that has changed its type or its name is a red test
 * then. Processes do not check; reading is their hottest path. (Prisma's TypedSQL would need a database and its native engine
 * to generate the types.)
 */
export function checkRows(): void {
  isChecking = true
}

/**
 * Reads the rows of a statement: readRows(db, Row)`SELECT …`. The one place where raw rows get their type.
 * @throws RowMismatch where rows are checked, when one is not as its schema says
 */
export const readRows =
  <Row extends RowSchema>(db: Reader, schema: Row) =>
  async (...statement: Statement): Promise<z.infer<Row>[]> => {
    const rows = await db.$queryRaw<z.infer<Row>[]>(...statement)
    if (isChecking) for (const one of rows) check(schema, one, statement)
    return rows
  }

/** The same for a statement that answers exactly one row, such as a sum. */
export const readRow =
  <Row extends RowSchema>(db: Reader, schema: Row) =>
  async (...statement: Statement): Promise<z.infer<Row>> => {
    const rows = await readRows(db, schema)(...statement)
    if (rows.length !== 1) throw new RowMismatch(`${rows.length} rows in place of one`, statement)
    return rows[0]!
  }

/** A statement does not answer what its reader was written for. */
class RowMismatch extends Error {
  override name = 'RowMismatch'
  constructor(what: string, [statement]: Statement) {
    const text = 'raw' in statement ? statement.raw.join('?') : statement.sql
    super(`${what}, from: ${text.replaceAll(/\s+/g, ' ').trim().slice(0, 200)}`)
  }
}

function check(schema: RowSchema, one: unknown, statement: Statement) {
  const { error } = schema.safeParse(one)
  if (!error) return
  const faults = error.issues.map(({ path, message }) => (path.length > 0 ? `${path.join('.')}: ${message}` : message))
  throw new RowMismatch(faults.join('; '), statement)
}
